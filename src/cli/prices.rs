//! What each of many configurations costs, from few of them.
//!
//! A part of a system costs what its own keys say: `tier.app.count` changes nothing of what a database costs. So the cost
//! of a configuration is that of the first one, and for each part what its values add to it. That it is so is tried on
//! some configurations; where it is not, all are asked one by one.

use std::collections::BTreeMap;

use super::laboratory::{Bench, Stopped};
use crate::study::recommend::Priced;
use crate::study::recommend::space::{Config, Knob};
use crate::study::recommend::trial::System;

/// Configurations that are asked whether parts add up.
const TRIED: usize = 8;
/// Dollars per month below which costs are the same.
const SAME: f64 = 1e-6;

pub(super) struct Prices {
    /// Of the first values of all knobs.
    base: f64,
    /// The knobs of each part.
    parts: Vec<Vec<usize>>,
    /// What values of a part's knobs add, as far as anybody asked.
    added: Vec<BTreeMap<Config, f64>>,
    add_up: bool,
    knobs: usize,
}

impl Prices {
    pub fn of(knobs: &[Knob], bench: &mut Bench) -> Result<Prices, Stopped> {
        let part = |knob: &Knob| knob.path.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
        let mut parts: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        knobs.iter().enumerate().for_each(|(number, knob)| parts.entry(part(knob)).or_default().push(number));
        let parts: Vec<Vec<usize>> = parts.into_values().collect();
        let base = cost(&vec![0; knobs.len()], bench)?;
        let added = vec![BTreeMap::new(); parts.len()];
        let mut prices = Prices { base, parts, added, add_up: true, knobs: knobs.len() };
        for round in 0..TRIED {
            // Steps of the golden ratio spread evenly over every knob.
            let value = |(number, knob): (usize, &Knob)| {
                let share = (0.618_033_988_75 * (round * knobs.len() + number + 1) as f64).fract();
                (share * knob.values.len() as f64) as usize
            };
            let config: Config = knobs.iter().enumerate().map(value).collect();
            if (cost(&config, bench)? - prices.of_config(&config, bench)?).abs() > SAME {
                prices.add_up = false;
                break;
            }
        }
        Ok(prices)
    }

    /// USD per month.
    pub fn of_config(&mut self, config: &Config, bench: &mut Bench) -> Result<f64, Stopped> {
        if !self.add_up {
            return cost(config, bench);
        }
        let mut sum = self.base;
        for (part, added) in self.parts.iter().zip(&mut self.added) {
            let values: Config = part.iter().map(|knob| config[*knob]).collect();
            let more = match added.get(&values) {
                Some(more) => *more,
                None => {
                    let mut alone = vec![0; self.knobs];
                    part.iter().for_each(|&knob| alone[knob] = config[knob]);
                    let more = cost(&alone, bench)? - self.base;
                    added.insert(values, more);
                    more
                }
            };
            sum += more;
        }
        // Sums of the same prices in another order are the same cost.
        Ok((sum / SAME).round() * SAME)
    }
}

fn cost(config: &Config, bench: &mut Bench) -> Result<f64, Stopped> {
    bench.cost(&System::of(config))
}
