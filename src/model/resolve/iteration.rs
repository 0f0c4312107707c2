//! Iterations, and those that a test makes of them with `think` and `pacing`.

use super::names::{Resolver, all, index};
use crate::model::{Check, Iteration, Law, Move, Quantity};
use crate::spec::iteration::{CheckSpec, IterationSpec, MoveSpec, PickSpec};
use crate::spec::reader::{At, List, Named, NamedEntry};

impl Resolver<'_> {
    /// Those of the file; if it has none but one endpoint, one that requests it.
    pub fn iterations(&mut self) -> Option<Vec<Iteration>> {
        let entries = &self.file.iteration.entries;
        if self.has_default_iteration() {
            let request = Move::Request { endpoint: 0, checks: Vec::new() };
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
            (Some(pick), None) => self.pick(pick).map(|pick| vec![pick]),
            (None, Some(moves)) => {
                if moves.items.is_empty() && moves.complete {
                    self.problem(moves.span, "this iteration does nothing, for ever");
                }
                self.moves(moves)
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

    fn moves(&mut self, list: &List<MoveSpec>) -> Option<Vec<Move>> {
        all(&list.items, |spec| match spec {
            MoveSpec::Request(request) => self.request(&request.request, &request.checks),
            MoveSpec::Sleep(sleep) => self.law(&sleep.sleep).map(|time| Move::Sleep { time }),
            MoveSpec::Pace(pace) => self.time(&pace.pace).map(|period| Move::Pace { period }),
            MoveSpec::Pick(pick) => self.pick(&pick.pick),
        })
    }

    fn request(&mut self, endpoint: &At<String>, checks: &Named<CheckSpec>) -> Option<Move> {
        let endpoint = self.reference("endpoint", &self.file.endpoint, endpoint);
        let checks = all(&checks.entries, |entry| {
            let rule = entry.value.as_ref()?.0;
            Some(Check { name: entry.name.value.clone(), rule })
        });
        Some(Move::Request { endpoint: endpoint?, checks: checks? })
    }

    fn pick(&mut self, list: &List<PickSpec>) -> Option<Move> {
        let branches = all(&list.items, |spec| {
            let weight = self.number(&spec.weight);
            let moves = match (&spec.request, &spec.moves) {
                (Some(request), None) => self.request(request, &spec.checks).map(|request| vec![request]),
                (None, Some(moves)) => {
                    if !spec.checks.entries.is_empty() {
                        self.problem(spec.span, "checks belong to a request, here inside of moves");
                    }
                    self.moves(moves)
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

fn with_think(moves: &[Move], think: &Law) -> Vec<Move> {
    let mut paced = Vec::new();
    for step in moves {
        match step {
            Move::Pick { branches } => {
                let branches = branches.iter().map(|(weight, moves)| (*weight, with_think(moves, think))).collect();
                paced.push(Move::Pick { branches });
            }
            Move::Request { .. } => {
                paced.push(step.clone());
                paced.push(Move::Sleep { time: think.clone() });
            }
            Move::Sleep { .. } | Move::Pace { .. } => paced.push(step.clone()),
        }
    }
    paced
}
