//! The drafted steps of an endpoint, and the time that they make.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::law::{Chosen, law, milliseconds};
use super::ways::{Shape, Way, names};
use super::{Kind, kind, one_line, quoted};
use crate::random::derive;

/// Times that no part covers are work of the app up to this mean, s; longer ones are a wait.
const MOST_REST: f64 = 0.02;
/// Parts of a rest that are not worth a step, s.
const LEAST_REST: f64 = 1e-5;
/// Draws by which the longest of what lies side by side is known.
const DRAWS: u64 = 2_000;

/// Times of an endpoint's parts by name, over all ways, and their laws.
pub(super) struct Laws {
    of: BTreeMap<String, (Vec<f64>, Chosen)>,
}

impl Laws {
    pub fn of(ways: &[Way]) -> Laws {
        let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (name, time) in ways.iter().flat_map(|way| &way.times) {
            times.entry(name.clone()).or_default().push(*time);
        }
        let with_law = |(name, times): (String, Vec<f64>)| {
            let chosen = law(&times);
            (name, (times, chosen))
        };
        Laws { of: times.into_iter().map(with_law).collect() }
    }

    /// Mean time of a part by name, s.
    fn mean(&self, name: &str) -> f64 {
        self.of.get(name).map_or(0.0, |(times, _)| times.iter().sum::<f64>() / times.len().max(1) as f64)
    }

    /// Mean time of a request for connections, s, which is not drafted: it is a result.
    pub fn waits(&self, ways: &[Way]) -> f64 {
        over(ways, |way| {
            way.names().into_iter().filter(|name| kind(name) == Kind::PoolWait).map(|name| self.mean(name)).sum()
        })
    }

    /// Mean time that the drafted steps of a request make where nothing queues, s.
    pub fn mean_s(&self, ways: &[Way]) -> f64 {
        over(ways, |way| {
            let rest = rest(way);
            let one = |shape: &Shape| self.mean_of(shape);
            way.shape.iter().map(one).sum::<f64>() + if rest > LEAST_REST { rest } else { 0.0 }
        })
    }

    fn mean_of(&self, shape: &Shape) -> f64 {
        match shape {
            Shape::Step(name) => {
                if kind(name) == Kind::PoolWait {
                    0.0
                } else {
                    self.mean(name)
                }
            }
            Shape::Parallel(_) => (0..DRAWS).map(|draw| self.drawn(shape, draw, &mut 0)).sum::<f64>() / DRAWS as f64,
        }
    }

    /// One draw of the time of a part; `leaf` counts parts, so that each has its own chance.
    fn drawn(&self, shape: &Shape, draw: u64, leaf: &mut u64) -> f64 {
        match shape {
            Shape::Step(name) => {
                *leaf += 1;
                let times =
                    self.of.get(name).filter(|_| kind(name) != Kind::PoolWait).map_or(&[][..], |(times, _)| times);
                let at = derive(*leaf, draw) % times.len().max(1) as u64;
                times.get(at as usize).copied().unwrap_or(0.0)
            }
            Shape::Parallel(branches) => branches
                .iter()
                .map(|branch| branch.iter().map(|one| self.drawn(one, draw, leaf)).sum::<f64>())
                .fold(0.0, f64::max),
        }
    }
}

/// The mean over requests.
fn over(ways: &[Way], of: impl Fn(&Way) -> f64) -> f64 {
    let all: usize = ways.iter().map(|way| way.requests.len()).sum();
    ways.iter().map(|way| of(way) * way.requests.len() as f64).sum::<f64>() / all.max(1) as f64
}

/// Mean time that no part covers, s.
fn rest(way: &Way) -> f64 {
    way.rest.iter().map(|rest| rest.max(0.0)).sum::<f64>() / way.rest.len().max(1) as f64
}

/// Writes the steps of a way.
pub(super) fn write_steps(text: &mut String, way: &Way, laws: &Laws, indent: &str) {
    write_shape(text, &way.shape, laws, indent);
    let mean = rest(way);
    if mean > LEAST_REST {
        let chosen = law(&way.rest.iter().map(|rest| rest.max(0.0)).collect::<Vec<f64>>());
        let written = if mean <= MOST_REST {
            format!("cpu = {}", chosen.written)
        } else {
            format!("wait = {}, name = \"rest\"", chosen.written)
        };
        let _ = writeln!(
            text,
            "{indent}{{ {written} }},   # what no span covers, {}: assumed to be this; {}",
            milliseconds(mean),
            chosen.why
        );
    } else if !is_written(&way.shape) {
        let _ = writeln!(text, "{indent}{{ wait = \"{}\" }},", milliseconds(LEAST_REST));
    }
}

/// Whether anything of it becomes a step.
fn is_written(shape: &[Shape]) -> bool {
    names(shape).iter().any(|name| kind(name) != Kind::PoolWait)
}

fn write_shape(text: &mut String, shape: &[Shape], laws: &Laws, indent: &str) {
    for one in shape {
        match one {
            Shape::Step(name) => write_step(text, name, laws, indent),
            Shape::Parallel(branches) => {
                let branches: Vec<&Vec<Shape>> = branches.iter().filter(|branch| is_written(branch)).collect();
                if let [only] = branches.as_slice() {
                    write_shape(text, only, laws, indent);
                } else if !branches.is_empty() {
                    let _ = writeln!(text, "{indent}{{ parallel = [");
                    for branch in branches {
                        let _ = writeln!(text, "{indent}  [");
                        write_shape(text, branch, laws, &format!("{indent}    "));
                        let _ = writeln!(text, "{indent}  ],");
                    }
                    let _ = writeln!(text, "{indent}] }},");
                }
            }
        }
    }
}

fn write_step(text: &mut String, name: &str, laws: &Laws, indent: &str) {
    let Some((_, chosen)) = laws.of.get(name) else { return };
    let written = &chosen.written;
    let step = match kind(name) {
        Kind::PoolWait => return,
        Kind::Work => format!("{{ cpu = {written} }}"),
        Kind::Statement => format!("{{ query = {}, pool = \"main\", time = {written} }}", quoted(name)),
        Kind::Other => format!("{{ wait = {written}, name = {} }}", quoted(name)),
    };
    let _ = writeln!(text, "{indent}{step},   # {}: {}", one_line(name), chosen.why);
}
