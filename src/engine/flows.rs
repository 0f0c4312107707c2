//! The moves of users inside of flows: steps, polls, and what a failure does.

use super::flow_runs::Run;
use super::hub::Hub;
use super::program::{Move, NO_STEP};
use super::requests::{NONE, Origin};
use super::source::{OK, Source};
use crate::random::derive;

impl Source<'_> {
    /// Makes a move that only flows have; true if the user waits for something now.
    #[inline(never)]
    pub fn flow_move(&mut self, hub: &mut Hub, place: u32, one: Move) -> bool {
        let user = &mut self.users[place as usize];
        match one {
            Move::FlowBegin { flow, stop } => {
                user.flow = hub.flows.begin(flow, stop, hub.now);
                hub.recorder.flow_started(flow as usize);
            }
            Move::FlowRequest { endpoint, site } => {
                let key = derive(user.luck, u64::from(site));
                self.send_in_flow(hub, place, endpoint, key);
                return true;
            }
            Move::Answered { step, behind } => {
                let failed = (user.outcome != OK).then_some(user.outcome);
                if step != NO_STEP {
                    hub.recorder.step_over(step as usize, failed, user.last);
                }
                if let Some(cause) = failed
                    && hub.flows.run(user.flow).fail(cause)
                {
                    user.next_move = behind;
                }
            }
            Move::PollBegin { patience } => {
                let run = hub.flows.run(user.flow);
                (run.poll_ends, run.polls) = (hub.now + patience, 0);
            }
            Move::Poll { endpoint, site, over, behind } => {
                let run = hub.flows.run(user.flow);
                if run.polls > 0 && hub.now >= run.poll_ends {
                    let stops = run.fail(hub.program.poll_timeout_cause);
                    user.next_move = if stops { behind } else { over };
                    return false;
                }
                let key = derive(derive(user.luck, u64::from(site)), run.polls);
                run.polls += 1;
                self.send_in_flow(hub, place, endpoint, key);
                return true;
            }
            Move::PollAnswered { queue, every, again, behind } => {
                let jobs = *hub.flows.jobs(user.flow, queue);
                let run = hub.flows.run(user.flow);
                if jobs.not_done > 0 {
                    user.next_move = again;
                    let until = (hub.now + every).min(run.poll_ends.max(hub.now));
                    self.sleep(hub, place, until);
                    return true;
                }
                if let Some(cause) = jobs.failed
                    && run.fail(cause)
                {
                    user.next_move = behind;
                }
            }
            Move::FlowEnd => {
                let ended = std::mem::replace(&mut user.flow, NONE);
                let run = hub.flows.run(ended);
                hub.recorder.flow_over(run.kind as usize, run.failed, hub.now - run.begun);
                hub.flows.forget(ended);
            }
            Move::Request { .. }
            | Move::Check { .. }
            | Move::Sleep { .. }
            | Move::Pace { .. }
            | Move::Choose { .. }
            | Move::Jump { .. }
            | Move::End => {}
        }
        false
    }

    fn send_in_flow(&mut self, hub: &mut Hub, place: u32, endpoint: u16, key: u64) {
        self.send(hub, place, endpoint, key);
        let user = &self.users[place as usize];
        let run = hub.flows.run(user.flow);
        let origin = Origin { flow: user.flow, serial: run.serial, kind: run.kind };
        hub.requests.set_origin(user.request, origin);
    }
}

impl Run {
    /// Something in it has failed; true if that ends it.
    fn fail(&mut self, cause: u8) -> bool {
        self.failed.get_or_insert(cause);
        self.stop
    }
}
