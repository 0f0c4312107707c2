//! Iterations, and those that a test makes of them with `think` and `pacing`.

use super::names::{Resolver, all, index};
use crate::model::{Check, Iteration, Law, Move, Quantity};
use crate::problem::quoted;
use crate::spec::file::FileSpec;
use crate::spec::iteration::{CheckSpec, FlowMove, IterationSpec, MoveSpec, OnFailure, PickSpec, PollMove};
use crate::spec::reader::{At, List, Named, NamedEntry};

/// Where moves stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Outside,
    InFlow,
}

impl Resolver<'_> {
    /// Those of the file; if it has none but one endpoint, one that requests it.
    pub fn iterations(&mut self) -> Option<Vec<Iteration>> {
        let entries = &self.file.iteration.entries;
        if self.has_default_iteration() {
            let request = Move::Request { endpoint: 0, checks: Vec::new(), step: None };
            return Some(vec![Iteration { name: "default".to_owned(), moves: vec![request] }]);
        }
        all(entries, |entry| self.iteration(entry))
    }

    /// Nothing is said of iterations, and nothing needs saying.
    pub fn has_default_iteration(&self) -> bool {
        self.file.iteration.entries.is_empty() && self.file.endpoint.entries.len() == 1
    }

    /// The iteration of a scenario, with its think time after each request and its pace at the end.
    pub fn paced(
        iterations: &mut Vec<Iteration>,
        of: u32,
        name: &str,
        think: Option<Law>,
        pacing: Option<Quantity>,
    ) -> u32 {
        let Some(plain) = iterations.get(of as usize) else { return of };
        let mut moves = match &think {
            Some(think) => with_think(&plain.moves, think),
            None => plain.moves.clone(),
        };
        moves.extend(pacing.map(|period| Move::Pace { period }));
        let name = format!("{} in {name}", plain.name);
        iterations.push(Iteration { name, moves });
        index(iterations.len() - 1)
    }

    fn iteration(&mut self, entry: &NamedEntry<IterationSpec>) -> Option<Iteration> {
        self.check_name(entry, "an iteration");
        let spec = entry.value.as_ref()?;
        let moves = match (&spec.pick, &spec.moves) {
            (Some(pick), None) => self.pick(pick, Where::Outside).map(|pick| vec![pick]),
            (None, Some(moves)) => {
                if moves.items.is_empty() && moves.complete {
                    self.problem(moves.span, "this iteration does nothing, for ever");
                }
                self.moves(moves, Where::Outside)
            }
            (Some(_), Some(moves)) => {
                let hint = "write moves = [ …, { pick = […] } ]";
                self.problem_with_hint(moves.span, "an iteration is pick or moves, not both", hint);
                None
            }
            (None, None) => {
                let hint = "add pick = [{ weight = 1, request = \"…\" }] or moves = [{ request = \"…\" }]";
                self.problem_with_hint(entry.name.span, "this iteration does nothing, for ever", hint);
                None
            }
        };
        Some(Iteration { name: entry.name.value.clone(), moves: moves? })
    }

    fn moves(&mut self, list: &List<MoveSpec>, place: Where) -> Option<Vec<Move>> {
        all(&list.items, |spec| match spec {
            MoveSpec::Request(request) => {
                self.step_of_flow(request.step.as_ref(), place);
                self.request(&request.request, &request.checks, request.step.as_ref())
            }
            MoveSpec::Sleep(sleep) => self.law(&sleep.sleep).map(|time| Move::Sleep { time }),
            MoveSpec::Pace(pace) => self.time(&pace.pace).map(|period| Move::Pace { period }),
            MoveSpec::Pick(pick) => self.pick(&pick.pick, place),
            MoveSpec::Flow(flow) => self.flow(flow, place),
            MoveSpec::Poll(poll) => self.poll(poll, place),
        })
    }

    fn flow(&mut self, spec: &FlowMove, place: Where) -> Option<Move> {
        self.check_label(&spec.flow, "a flow");
        let name = &spec.flow.value;
        if place == Where::InFlow {
            self.problem(spec.flow.span, "a flow inside of a flow");
        }
        if self.file.endpoint.names().chain(self.file.queue.names()).any(|other| other == name) {
            let what = format!("an endpoint or queue is also called {}", quoted(name));
            self.problem_with_hint(spec.flow.span, what, "results name failures by all of them: choose two names");
        }
        if spec.moves.items.is_empty() && spec.moves.complete {
            self.problem(spec.moves.span, "this flow does nothing");
        }
        let stop = spec.on_failure != Some(OnFailure::Continue);
        let moves = self.moves(&spec.moves, Where::InFlow)?;
        self.check_polls(&spec.moves.items, &moves);
        Some(Move::Flow { name: name.clone(), stop, moves })
    }

    /// A poll waits for jobs of its flow: something in it must put some into that queue.
    fn check_polls(&mut self, written: &[MoveSpec], moves: &[Move]) {
        let Some(filled) = &self.filled else { return };
        let requested = requests(moves);
        let polled: Vec<&PollMove> = polls(written);
        let in_vain = |poll: &PollMove| {
            let queue = self.file.queue.position(&poll.until.value).map(index);
            queue.filter(|queue| !requested.iter().any(|&endpoint| filled[endpoint as usize].contains(queue))).is_some()
        };
        let in_vain: Vec<&PollMove> = polled.into_iter().filter(|poll| in_vain(poll)).collect();
        for poll in in_vain {
            let name = quoted(&poll.until.value);
            let what = format!("this flow puts no job into {name}, so there is nothing to poll for");
            let hint = format!("request an endpoint in it whose steps have {{ enqueue = {name} }}");
            self.problem_with_hint(poll.until.span, what, hint);
        }
    }

    fn poll(&mut self, spec: &PollMove, place: Where) -> Option<Move> {
        self.step_of_flow(spec.step.as_ref(), place);
        if place == Where::Outside {
            let hint = "wrap it, with what puts jobs into the queue, in { flow = \"…\", moves = […] }";
            self.problem_with_hint(spec.poll.span, "a poll waits for the jobs of a flow, and here is none", hint);
        }
        let endpoint = self.reference("endpoint", &self.file.endpoint, &spec.poll);
        let queue = self.reference("queue", &self.file.queue, &spec.until);
        for (time, what) in [(&spec.every, "the pause between polls"), (&spec.patience, "the time of polling")] {
            if time.value.0 == 0.0 {
                self.problem(time.span, format!("{what} must be above 0"));
            }
        }
        let (every, patience) = (spec.every.value.0, spec.patience.value.0);
        let step = spec.step.as_ref().map(|step| step.value.clone());
        Some(Move::Poll { endpoint: endpoint?, queue: queue?, every, patience, step })
    }

    /// A step belongs to a flow.
    fn step_of_flow(&mut self, step: Option<&At<String>>, place: Where) {
        let Some(step) = step else { return };
        self.check_label(step, "a step");
        if place == Where::Outside {
            let hint = "wrap these moves in { flow = \"…\", moves = […] }";
            self.problem_with_hint(step.span, "a step belongs to a flow, and here is none", hint);
        }
    }

    fn request(&mut self, endpoint: &At<String>, checks: &Named<CheckSpec>, step: Option<&At<String>>) -> Option<Move> {
        let endpoint = self.reference("endpoint", &self.file.endpoint, endpoint);
        let checks = all(&checks.entries, |entry| {
            let rule = entry.value.as_ref()?.0;
            Some(Check { name: entry.name.value.clone(), rule })
        });
        Some(Move::Request { endpoint: endpoint?, checks: checks?, step: step.map(|step| step.value.clone()) })
    }

    fn pick(&mut self, list: &List<PickSpec>, place: Where) -> Option<Move> {
        let branches = all(&list.items, |spec| {
            let weight = self.number(&spec.weight);
            let moves = match (&spec.request, &spec.moves) {
                (Some(request), None) => self.request(request, &spec.checks, None).map(|request| vec![request]),
                (None, Some(moves)) => {
                    if !spec.checks.entries.is_empty() {
                        self.problem(spec.span, "checks belong to a request, here inside of moves");
                    }
                    self.moves(moves, place)
                }
                (Some(request), Some(_)) => {
                    self.problem(request.span, "a way to pick is a request or moves, not both");
                    None
                }
                (None, None) => {
                    self.problem_with_hint(spec.span, "this way does nothing", "add request = \"…\" or moves = []");
                    None
                }
            };
            Some((weight?, moves?))
        });
        self.check_weights(list.items.iter().map(|spec| &spec.weight), list.complete, list.span, "way")?;
        Some(Move::Pick { branches: branches? })
    }
}

/// Endpoints that moves send requests to.
fn requests(moves: &[Move]) -> Vec<u32> {
    let of = |one: &Move| match one {
        Move::Request { endpoint, .. } | Move::Poll { endpoint, .. } => vec![*endpoint],
        Move::Pick { branches } => branches.iter().flat_map(|(_, moves)| requests(moves)).collect(),
        Move::Flow { moves, .. } => requests(moves),
        Move::Sleep { .. } | Move::Pace { .. } => Vec::new(),
    };
    moves.iter().flat_map(of).collect()
}

/// Polls among moves, wherever they stand.
fn polls(moves: &[MoveSpec]) -> Vec<&PollMove> {
    let mut found = Vec::new();
    for one in moves {
        match one {
            MoveSpec::Poll(poll) => found.push(poll),
            MoveSpec::Pick(pick) => {
                let ways = pick.pick.items.iter().filter_map(|way| way.moves.as_ref());
                found.extend(ways.flat_map(|moves| polls(&moves.items)));
            }
            MoveSpec::Flow(flow) => found.extend(polls(&flow.moves.items)),
            MoveSpec::Request(_) | MoveSpec::Sleep(_) | MoveSpec::Pace(_) => {}
        }
    }
    found
}

/// Names of all flows of a file.
pub fn flow_names(file: &FileSpec) -> Vec<&str> {
    fn add<'a>(moves: &'a [MoveSpec], names: &mut Vec<&'a str>) {
        for one in moves {
            match one {
                MoveSpec::Flow(flow) => names.push(&flow.flow.value),
                MoveSpec::Pick(pick) => add_ways(&pick.pick.items, names),
                MoveSpec::Request(_) | MoveSpec::Sleep(_) | MoveSpec::Pace(_) | MoveSpec::Poll(_) => {}
            }
        }
    }
    fn add_ways<'a>(ways: &'a [PickSpec], names: &mut Vec<&'a str>) {
        ways.iter().filter_map(|way| way.moves.as_ref()).for_each(|moves| add(&moves.items, names));
    }
    let mut names = Vec::new();
    for iteration in file.iteration.entries.iter().filter_map(|entry| entry.value.as_ref()) {
        iteration.moves.iter().for_each(|moves| add(&moves.items, &mut names));
        iteration.pick.iter().for_each(|ways| add_ways(&ways.items, &mut names));
    }
    names
}

fn with_think(moves: &[Move], think: &Law) -> Vec<Move> {
    let mut paced = Vec::new();
    for step in moves {
        match step {
            Move::Pick { branches } => {
                let branches = branches.iter().map(|(weight, moves)| (*weight, with_think(moves, think))).collect();
                paced.push(Move::Pick { branches });
            }
            Move::Flow { name, stop, moves } => {
                paced.push(Move::Flow { name: name.clone(), stop: *stop, moves: with_think(moves, think) });
            }
            Move::Request { .. } | Move::Poll { .. } => {
                paced.push(step.clone());
                paced.push(Move::Sleep { time: think.clone() });
            }
            Move::Sleep { .. } | Move::Pace { .. } => paced.push(step.clone()),
        }
    }
    paced
}
