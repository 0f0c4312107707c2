//! What a test sets off: which endpoints are requested, which queues filled, which parts measured.

use crate::model::{Model, Move, Step, Test};

/// Which endpoints a test requests, by index.
#[must_use]
pub fn requested(model: &Model, test: &Test) -> Vec<bool> {
    Reach::of_test(model, test).endpoints
}

/// What some moves of users set off.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub endpoints: Vec<bool>,
    pub queues: Vec<bool>,
}

impl Reach {
    /// All that a test sets off.
    pub fn of_test(model: &Model, test: &Test) -> Reach {
        let mut reach = Reach::nothing(model);
        for scenario in &test.scenarios {
            reach.add_moves(model, &model.iterations[scenario.iteration as usize].moves);
        }
        reach
    }

    /// All that a flow sets off, wherever a test has it, and the names of its own steps.
    pub fn of_flow(model: &Model, test: &Test, flow: &str) -> (Reach, Vec<String>) {
        let (mut reach, mut steps) = (Reach::nothing(model), Vec::new());
        for_each_flow(model, test, &mut |name, moves| {
            if name == flow {
                reach.add_moves(model, moves);
                own_steps(moves, &mut steps);
            }
        });
        (reach, steps)
    }

    fn nothing(model: &Model) -> Reach {
        Reach { endpoints: vec![false; model.endpoints.len()], queues: vec![false; model.queues.len()] }
    }

    fn add_moves(&mut self, model: &Model, moves: &[Move]) {
        for one in moves {
            match one {
                Move::Request { endpoint, .. } | Move::Poll { endpoint, .. } => self.add_endpoint(model, *endpoint),
                Move::Pick { branches } => branches.iter().for_each(|(_, moves)| self.add_moves(model, moves)),
                Move::Flow { moves, .. } => self.add_moves(model, moves),
                Move::Sleep { .. } | Move::Pace { .. } => {}
            }
        }
    }

    fn add_endpoint(&mut self, model: &Model, endpoint: u32) {
        if !std::mem::replace(&mut self.endpoints[endpoint as usize], true) {
            self.add_steps(model, &model.endpoints[endpoint as usize].steps);
        }
    }

    fn add_steps(&mut self, model: &Model, steps: &[Step]) {
        for step in steps {
            if let Step::Enqueue { queue } = step
                && !std::mem::replace(&mut self.queues[*queue as usize], true)
            {
                self.add_steps(model, &model.queues[*queue as usize].steps);
            }
            step.inside().into_iter().for_each(|steps| self.add_steps(model, steps));
        }
    }

    /// Whether a part of this name is measured somewhere in it.
    pub fn measures(&self, model: &Model, name: &str) -> bool {
        let endpoints = model.endpoints.iter().zip(&self.endpoints).filter(|(_, reached)| **reached);
        let queues = model.queues.iter().zip(&self.queues).filter(|(_, reached)| **reached);
        endpoints
            .map(|(endpoint, _)| &endpoint.steps)
            .chain(queues.map(|(queue, _)| &queue.steps))
            .any(|steps| measures(steps, name))
    }
}

fn measures(steps: &[Step], wanted: &str) -> bool {
    steps.iter().any(|step| {
        matches!(step, Step::Measure { name, .. } if name == wanted)
            || step.inside().into_iter().any(|steps| measures(steps, wanted))
    })
}

/// Calls with the name and moves of every flow of a test.
pub(super) fn for_each_flow<'m>(model: &'m Model, test: &Test, with: &mut impl FnMut(&'m str, &'m [Move])) {
    for scenario in &test.scenarios {
        flows_in(&model.iterations[scenario.iteration as usize].moves, with);
    }
}

fn flows_in<'m>(moves: &'m [Move], with: &mut impl FnMut(&'m str, &'m [Move])) {
    for one in moves {
        match one {
            Move::Flow { name, moves, .. } => with(name, moves),
            Move::Pick { branches } => branches.iter().for_each(|(_, moves)| flows_in(moves, with)),
            Move::Request { .. } | Move::Poll { .. } | Move::Sleep { .. } | Move::Pace { .. } => {}
        }
    }
}

/// Names of requests that are steps of a flow.
fn own_steps(moves: &[Move], names: &mut Vec<String>) {
    for one in moves {
        match one {
            Move::Request { step, .. } | Move::Poll { step, .. } => names.extend(step.clone()),
            Move::Pick { branches } => branches.iter().for_each(|(_, moves)| own_steps(moves, names)),
            Move::Flow { moves, .. } => own_steps(moves, names),
            Move::Sleep { .. } | Move::Pace { .. } => {}
        }
    }
}
