//! Iterations as moves, scenarios as sources.

use super::moves::{OpenFlow, Poll};
use super::{Builder, law::law, ns};
use crate::engine::program::{ChoiceSpec, Move, SourceKind, SourceSpec};
use crate::load::{Arrivals, duration_s, end_s, vu_spans};
use crate::model::{self, ArrivalProcess, CheckRule, Executor, Recorded, Scenario, Test};

/// Users of a replay: so many more than its requests, and never more than these.
const SPARE_USERS: f64 = 100.0;
const MOST_USERS: f64 = 5e6;

/// Weights as cumulative shares that end at 1. All zero: the first has it all.
pub(super) fn cumulative(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let mut shares: Vec<f64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            if total > 0.0 { sum / total } else { 1.0 }
        })
        .collect();
    if let Some(last) = shares.last_mut() {
        *last = 1.0;
    }
    shares
}

impl Builder<'_> {
    pub(super) fn iterations(&mut self) {
        for iteration in &self.model.iterations {
            self.first_moves.push(self.program.moves.len() as u32);
            self.moves(&iteration.name, &iteration.moves, None);
            self.program.moves.push(Move::End);
        }
    }

    pub(super) fn moves(&mut self, iteration: &str, moves: &[model::Move], mut flow: Option<&mut OpenFlow>) {
        for (number, one) in moves.iter().enumerate() {
            let number = number.to_string();
            match one {
                model::Move::Request { endpoint, checks, step } => {
                    // Not numbered on from the last: a move before it must not change its luck.
                    let name = &self.model.endpoints[*endpoint as usize].name;
                    let site = self.site(&["request", iteration, name]);
                    let endpoint = *endpoint as u16;
                    let request = match flow {
                        Some(_) => Move::FlowRequest { endpoint, site },
                        None => Move::Request { endpoint, site },
                    };
                    self.program.moves.push(request);
                    checks.iter().for_each(|check| self.check(check));
                    if let Some(flow) = flow.as_deref_mut() {
                        self.answered(flow, step.as_ref());
                    }
                }
                model::Move::Sleep { time } => {
                    let law = law(time, self.inputs, 1.0);
                    let law = self.law(law);
                    let site = self.site(&["sleep", iteration, &number]);
                    self.program.moves.push(Move::Sleep { law, site });
                }
                model::Move::Pace { period } => {
                    let period = ns(period.at(self.inputs).max(0.0));
                    self.program.moves.push(Move::Pace { period });
                }
                model::Move::Pick { branches } => self.pick(iteration, &number, branches, flow.as_deref_mut()),
                model::Move::Flow { name, stop, moves } => self.flow(iteration, name, *stop, moves),
                model::Move::Poll { endpoint, queue, every, patience, step } => {
                    let (endpoint, queue, step) = (*endpoint, *queue, step.as_ref());
                    let poll = Poll { endpoint, queue, every: *every, patience: *patience, step };
                    if let Some(flow) = flow.as_deref_mut() {
                        self.poll(iteration, &poll, flow);
                    }
                }
            }
        }
    }

    fn check(&mut self, check: &model::Check) {
        let known = self.labels.checks.iter().position(|name| *name == check.name);
        let index = known.unwrap_or_else(|| {
            self.labels.checks.push(check.name.clone());
            self.program.checks += 1;
            self.labels.checks.len() - 1
        });
        let (within, must_be_ok) = match check.rule {
            CheckRule::Ok => (u64::MAX, true),
            CheckRule::Faster(seconds) => (ns(seconds), false),
        };
        self.program.moves.push(Move::Check { check: index as u16, within, must_be_ok });
    }

    fn pick(
        &mut self,
        iteration: &str,
        number: &str,
        branches: &[(model::Quantity, Vec<model::Move>)],
        mut flow: Option<&mut OpenFlow>,
    ) {
        let weights: Vec<f64> = branches.iter().map(|(weight, _)| weight.at(self.inputs).max(0.0)).collect();
        let site = self.site(&["pick", iteration, number]);
        let choice = self.program.choices.len() as u32;
        self.program.choices.push(ChoiceSpec { ways: Vec::new() });
        self.program.moves.push(Move::Choose { choice, site });
        let (mut ways, mut ends) = (Vec::new(), Vec::new());
        for (share, (_, moves)) in cumulative(&weights).into_iter().zip(branches) {
            ways.push((share, self.program.moves.len() as u32));
            self.moves(iteration, moves, flow.as_deref_mut());
            ends.push(self.program.moves.len());
            self.program.moves.push(Move::Jump { to: 0 });
        }
        self.program.choices[choice as usize].ways = ways;
        let behind = self.program.moves.len() as u32;
        for end in ends {
            self.program.moves[end] = Move::Jump { to: behind };
        }
    }

    pub(super) fn sources(&mut self, test: &Test) {
        for scenario in &test.scenarios {
            let source = SourceSpec {
                identity: super::hash(&["scenario", &scenario.name]),
                kind: source_kind(scenario),
                first_move: self.first_moves[scenario.iteration as usize],
                timeout: ns(scenario.request_timeout),
                regular_end: ns(scenario.start + duration_s(&scenario.executor)),
            };
            self.program.end = self.program.end.max(ns(end_s(scenario)));
            self.program.sources.push(source);
        }
    }
}

fn source_kind(scenario: &Scenario) -> SourceKind {
    let arrivals = match &scenario.executor {
        Executor::ConstantVus { .. } | Executor::RampingVus { .. } => None,
        Executor::ConstantArrivalRate { pre_allocated_vus, max_vus, arrivals, .. }
        | Executor::RampingArrivalRate { pre_allocated_vus, max_vus, arrivals, .. } => {
            Some((*pre_allocated_vus, *max_vus, *arrivals))
        }
        Executor::Replay(replay) => {
            let arrivals = match &replay.recorded {
                Recorded::Instants(_) => ArrivalProcess::Even,
                Recorded::Rates { arrivals, .. } => *arrivals,
            };
            // What was recorded comes, whoever is still busy: there are as many users as requests, and some.
            let planned = replay.profile.iter().map(|stretch| stretch.duration * stretch.rate).sum::<f64>();
            let users = (2.0 * planned * replay.times + SPARE_USERS).min(MOST_USERS) as u32;
            Some((users, users, arrivals))
        }
    };
    match (arrivals, Arrivals::of(&scenario.executor, scenario.start)) {
        (Some((pre_allocated, max_users, process)), Some(curve)) => SourceKind::Arrivals {
            curve,
            poisson: process == ArrivalProcess::Poisson,
            pre_allocated,
            max_users,
            cut: ns(end_s(scenario)),
        },
        _ => SourceKind::Users(vu_spans(&scenario.executor, scenario.start, scenario.graceful_stop)),
    }
}
