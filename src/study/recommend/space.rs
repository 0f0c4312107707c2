//! The configurations to choose from: a value of each knob, in the order in which they are preferred.

use serde::Serialize;

use super::trial::System;

/// Something that may be changed, and to what.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// A path of the model.
    pub path: String,
    pub values: Vec<KnobValue>,
    /// For each value the values that give no more than it does, itself included; `None`: more of it may help or
    /// hurt, as more connections do.
    pub covers: Option<Vec<Vec<usize>>>,
}

/// A value of a knob.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnobValue {
    /// As `--set` takes it.
    pub text: String,
    /// `None` if the values of the knob are no numbers.
    pub number: Option<f64>,
}

/// A value of each knob, by its place.
pub type Config = Vec<usize>;

/// All configurations, in order: cheaper ones first, of equally dear ones those nearest to what is there today, and of those the
/// ones with smaller values.
#[derive(Clone, Debug)]
pub struct Space {
    pub knobs: Vec<Knob>,
    /// The values that are there now; `None`: none of those of the knob.
    pub today: Vec<Option<usize>>,
    configs: Vec<Config>,
    /// USD per month of each, in the same order.
    costs: Vec<f64>,
}

impl Space {
    /// All combinations of the values of at least one knob, with what each costs per month.
    #[must_use]
    pub fn new(knobs: Vec<Knob>, today: Vec<Option<usize>>, mut cost: impl FnMut(&Config) -> f64) -> Space {
        let mut configs: Vec<Config> = vec![Vec::new()];
        for knob in &knobs {
            let with = |config: &Config| {
                let config = config.clone();
                (0..knob.values.len()).map(move |value| config.iter().copied().chain([value]).collect())
            };
            configs = configs.iter().flat_map(with).collect();
        }
        let mut priced: Vec<(f64, Config)> = configs.into_iter().map(|config| (cost(&config), config)).collect();
        let steps = |(value, today): (&usize, &Option<usize>)| today.map_or(0, |today| value.abs_diff(today));
        let changed = |config: &Config| config.iter().zip(&today).map(steps).sum::<usize>();
        let sizes = |config: &Config| config.iter().sum::<usize>();
        priced.sort_by(|(cost_a, a), (cost_b, b)| {
            let cheaper = cost_a.total_cmp(cost_b).then_with(|| changed(a).cmp(&changed(b)));
            cheaper.then_with(|| sizes(a).cmp(&sizes(b))).then_with(|| a.cmp(b))
        });
        let (costs, configs) = priced.into_iter().unzip();
        Space { knobs, today, configs, costs }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.configs.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.configs.is_empty()
    }

    #[must_use]
    pub fn config(&self, index: usize) -> &Config {
        &self.configs[index]
    }

    #[must_use]
    pub fn system(&self, index: usize) -> System {
        System::of(&self.configs[index])
    }

    /// USD per month.
    #[must_use]
    pub fn cost(&self, index: usize) -> f64 {
        self.costs[index]
    }

    /// Those up to this cost, by their number.
    #[must_use]
    pub fn within(&self, budget: f64) -> usize {
        self.costs.partition_point(|cost| *cost <= budget)
    }

    /// Whether `big` has the values of `small` where more may hurt, and no less of everything else.
    #[must_use]
    pub fn covers(&self, big: usize, small: usize) -> bool {
        let no_less = |(knob, (b, s)): (&Knob, (&usize, &usize))| match &knob.covers {
            None => b == s,
            Some(covers) => covers[*b].contains(s),
        };
        self.knobs.iter().zip(self.configs[big].iter().zip(&self.configs[small])).all(no_less)
    }

    /// The configurations that differ only in knobs of which more may help or hurt, group by group, the cheapest
    /// group first. They may differ in cost, but a knob that costs anything mostly gives something for it.
    #[must_use]
    pub fn groups(&self, count: usize) -> Vec<Vec<usize>> {
        let key = |index: usize| -> Vec<usize> {
            let ordered = self.knobs.iter().zip(&self.configs[index]).filter(|(knob, _)| knob.covers.is_some());
            ordered.map(|(_, value)| *value).collect()
        };
        let mut groups: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        let mut place = std::collections::BTreeMap::new();
        for index in 0..count {
            let key = key(index);
            let at = *place.entry(key.clone()).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(index);
        }
        groups.into_iter().map(|(_, members)| members).collect()
    }

    /// "pool.main.max=25, tier.app.count=3".
    #[must_use]
    pub fn words(&self, index: usize) -> String {
        let one = |(knob, value): (&Knob, &usize)| format!("{}={}", knob.path, knob.values[*value].text);
        self.knobs.iter().zip(&self.configs[index]).map(one).collect::<Vec<_>>().join(", ")
    }

    /// Its values, as written.
    #[must_use]
    pub fn texts(&self, index: usize) -> Vec<String> {
        self.knobs.iter().zip(&self.configs[index]).map(|(knob, value)| knob.values[*value].text.clone()).collect()
    }
}

/// Which values of a knob give no more than which, from what each gives: as much or more of everything. Values of
/// which nothing is known give as much as themselves only.
#[must_use]
pub fn covers(gives: &[Option<Vec<f64>>]) -> Vec<Vec<usize>> {
    let no_less = |big: &Option<Vec<f64>>, small: &Option<Vec<f64>>| match (big, small) {
        (Some(big), Some(small)) => big.iter().zip(small).all(|(b, s)| b >= s || s.is_nan()),
        _ => false,
    };
    let of = |big: usize| (0..gives.len()).filter(|&s| s == big || no_less(&gives[big], &gives[s])).collect();
    (0..gives.len()).map(of).collect()
}
