//! Flows and polls as moves.

use super::{Builder, ns};
use crate::engine::program::{Move, NO_STEP};
use crate::model;

/// The flow around moves while they are written.
#[derive(Debug)]
pub(super) struct OpenFlow {
    number: u32,
    /// Moves that go to its end, not yet known.
    ends: Vec<usize>,
}

impl Builder<'_> {
    pub(super) fn flow(&mut self, iteration: &str, name: &str, stop: bool, moves: &[model::Move]) {
        let number = self.flow_number(name);
        self.program.moves.push(Move::FlowBegin { flow: number, stop });
        let mut flow = OpenFlow { number, ends: Vec::new() };
        self.moves(iteration, moves, Some(&mut flow));
        let here = self.program.moves.len() as u32;
        for end in flow.ends {
            match &mut self.program.moves[end] {
                Move::Answered { behind, .. } | Move::Poll { behind, .. } | Move::PollAnswered { behind, .. } => {
                    *behind = here;
                }
                _ => {}
            }
        }
        self.program.moves.push(Move::FlowEnd);
    }

    /// The answer to a request of a flow.
    pub(super) fn answered(&mut self, flow: &mut OpenFlow, step: Option<&String>) {
        let step = step.map_or(NO_STEP, |step| self.step_of_flow(flow.number, step));
        flow.ends.push(self.program.moves.len());
        self.program.moves.push(Move::Answered { step, behind: 0 });
    }

    pub(super) fn poll(&mut self, iteration: &str, poll: &Poll, flow: &mut OpenFlow) {
        let name = &self.model.endpoints[poll.endpoint as usize].name;
        let site = self.site(&["poll", iteration, name]);
        self.program.moves.push(Move::PollBegin { patience: ns(poll.patience) });
        let again = self.program.moves.len();
        flow.ends.push(again);
        self.program.moves.push(Move::Poll { endpoint: poll.endpoint as u16, site, over: 0, behind: 0 });
        self.answered(flow, poll.step);
        flow.ends.push(self.program.moves.len());
        let (queue, every) = (poll.queue, ns(poll.every));
        self.program.moves.push(Move::PollAnswered { queue, every, again: again as u32, behind: 0 });
        let behind = self.program.moves.len() as u32;
        if let Move::Poll { over, .. } = &mut self.program.moves[again] {
            *over = behind;
        }
    }
}

/// The fields of [`model::Move::Poll`].
pub(super) struct Poll<'m> {
    pub endpoint: u32,
    pub queue: u32,
    pub every: f64,
    pub patience: f64,
    pub step: Option<&'m String>,
}
