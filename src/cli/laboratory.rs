//! Where a recommendation's systems are made from the model file and simulated.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::args::{How, Lost, RecommendArgs};
use super::future::Future;
use super::load;
use super::progress::Progress;
use super::run::problems_of;
use crate::catalogue::gives::memory;
use crate::load::{Scale, scaled};
use crate::model::resolve::{Wanted, load_model_for};
use crate::model::{Model, Test};
use crate::problem::Problems;
use crate::study::asked::asked;
use crate::study::cost::{Cost, HOURS_PER_MONTH};
use crate::study::instant::{Window, instant};
use crate::study::judge::excesses;
use crate::study::kept::Kept;
use crate::study::predict::{Effort, Job, Watch, drawn_inputs, predict_on};
use crate::study::recommend::batch::Batch;
use crate::study::recommend::space::Knob;
use crate::study::recommend::trial::{Laboratory, System};
use crate::study::recommend::{InputDraws, Priced};
use crate::study::sweep::identity::identity;
use crate::study::sweep::point::TestPoint;

/// Why there is no answer.
pub(super) enum Stopped {
    Wrong(Problems),
    Interrupted,
}

impl From<Problems> for Stopped {
    fn from(problems: Problems) -> Stopped {
        Stopped::Wrong(problems)
    }
}

/// A test, perhaps with something of the system lost.
struct Case {
    test: String,
    lost: Option<(String, Lost)>,
}

pub(super) struct Bench<'a> {
    model: &'a Path,
    how: &'a How,
    zones: u32,
    knobs: &'a [Knob],
    names: Vec<String>,
    cases: Vec<Case>,
    effort: Effort,
    watch: &'a Progress,
    /// The model as it is, for its inputs.
    plain: &'a Model,
    /// The system last asked for with its tests, which are made once however often they are run.
    made: Option<(System, BTreeMap<usize, Rc<Made>>)>,
    /// Replications by what decides about them.
    kept: BTreeMap<String, Kept>,
    replications: usize,
    future: &'a Future,
    /// The test whose load the system has all month.
    month: String,
    /// Requests per second that the system then has, where nothing holds them up.
    throughput: Option<f64>,
    /// What is known where an answer is missing.
    pub so_far: String,
}

/// A test of a system; or, where nothing is left of a tier, what was lost.
type Made = Result<Ready, String>;

struct Ready {
    model: Model,
    test: Test,
    /// The same for systems and tests that are the same.
    identity: String,
}

impl<'a> Bench<'a> {
    pub fn new(
        args: &'a RecommendArgs,
        plain: &'a Model,
        knobs: &'a [Knob],
        tests: &[String],
        future: &'a Future,
        month: String,
        watch: &'a Progress,
    ) -> Bench<'a> {
        let mut cases: Vec<Case> = tests.iter().map(|test| Case { test: test.clone(), lost: None }).collect();
        let mut names = tests.to_vec();
        if let Some(lost) = args.buying.survive {
            for test in tests {
                // Who scales by itself brings another one up by itself.
                for tier in plain.tiers.iter().filter(|tier| tier.autoscale.is_none()) {
                    let what = if lost == Lost::Instance { "an instance" } else { "a zone" };
                    names.push(format!("{test}, {what} of {} down", tier.name));
                    cases.push(Case { test: test.clone(), lost: Some((tier.name.clone(), lost)) });
                }
            }
        }
        let (model, how, zones) = (args.model.as_path(), &args.how, args.buying.zones);
        let effort = load::effort(how);
        Bench {
            model,
            how,
            zones,
            knobs,
            names,
            cases,
            effort,
            watch,
            plain,
            made: None,
            kept: BTreeMap::new(),
            replications: 0,
            future,
            month,
            throughput: None,
            so_far: String::new(),
        }
    }

    fn load(&self, system: &System, test: Option<&str>, more: &[String]) -> Result<Model, Problems> {
        let (variant, mut varied) = match system {
            System::Variant(name) => (Some(name.as_str()), Vec::new()),
            System::Config(values) => {
                let set = |(knob, value): (&Knob, &Option<usize>)| {
                    value.map(|value| format!("{}={}", knob.path, knob.values[value].text))
                };
                (self.how.variant.as_deref(), self.knobs.iter().zip(values).filter_map(set).collect())
            }
        };
        varied.extend(more.iter().cloned());
        load_model_for(self.model, Wanted { test, variant, sets: &self.how.set, varied: &varied })
    }

    fn case(&mut self, system: &System, case: usize) -> Result<Rc<Made>, Problems> {
        let known = self.made.as_ref().filter(|(of, _)| of == system).and_then(|(_, cases)| cases.get(&case));
        if let Some(made) = known {
            return Ok(Rc::clone(made));
        }
        let made = Rc::new(self.make(system, case)?);
        match &mut self.made {
            Some((of, cases)) if of == system => drop(cases.insert(case, Rc::clone(&made))),
            other => *other = Some((system.clone(), BTreeMap::from([(case, Rc::clone(&made))]))),
        }
        Ok(made)
    }

    fn make(&self, system: &System, case: usize) -> Result<Made, Problems> {
        let Case { test: name, lost } = &self.cases[case];
        let mut model = self.load(system, Some(name), &[])?;
        if let Some((tier, lost)) = lost {
            let count = model.tiers.iter().find(|other| other.name == *tier).map_or(1, |tier| tier.count);
            let gone = if *lost == Lost::Instance { 1 } else { count.div_ceil(self.zones) };
            if gone >= count {
                return Ok(Err(format!("{tier} has {count}, and nothing is left of it")));
            }
            model = self.load(system, Some(name), &[format!("tier.{tier}.count={}", count - gone)])?;
        }
        let test = load::test(&model, self.model, Some(name))?;
        let test = self.future.test(test, &self.model.display().to_string())?;
        let identity = identity([(&model, &test)]);
        Ok(Ok(Ready { model, test, identity }))
    }
}

impl Bench<'_> {
    /// The first `to` replications, of which those that are kept are not run again; `case` is for words.
    fn run(&mut self, ready: &Ready, case: usize, to: usize) -> Result<Batch, Stopped> {
        if !self.watch.keep_going() {
            return Err(Stopped::Interrupted);
        }
        let Ready { model, test, identity } = ready;
        let wanted = asked(test);
        let mut kept = self.kept.remove(identity).unwrap_or_default();
        // Nobody can say anything from one.
        let more = to.max(2).saturating_sub(kept.len());
        self.watch.more(more as u64);
        let job = Job { model, test, variant: "", wanted: &wanted, effort: self.effort, series: false };
        let predicted = predict_on(&job, &mut kept, to.max(2), self.effort.threads, self.watch);
        self.kept.insert(identity.clone(), kept);
        let prediction = match predicted {
            Ok(prediction) if !prediction.interrupted => prediction,
            Err(error) if !error.is_interruption() => {
                return Err(problems_of(&error, &self.model.display().to_string(), &test.name).into());
            }
            _ => return Err(Stopped::Interrupted),
        };
        self.replications += more;
        let slow = prediction.where_time_goes.iter().find(|time| time.scope.is_empty() && time.percentile == "p95");
        let excess = excesses(&test.required().collect::<Vec<_>>(), test, &prediction);
        let slow = slow.cloned();
        let mut point = TestPoint::of(test, &prediction);
        point.test.clone_from(&self.names[case]);
        let requests = prediction.row("http_reqs", "", "count", None).map_or(0.0, |row| row.estimate.value);
        Ok(Batch { excess, point, slow, requests })
    }
}

impl Laboratory for Bench<'_> {
    type Error = Stopped;

    fn tests(&self) -> &[String] {
        &self.names
    }

    fn simulate(&mut self, system: &System, test: usize, to: usize) -> Result<Batch, Stopped> {
        match &*self.case(system, test)? {
            Ok(ready) => self.run(ready, test, to),
            Err(_) => Ok(Batch::of_nothing(&self.names[test], to)),
        }
    }

    fn replications(&self) -> usize {
        self.replications
    }

    fn loaded(
        &mut self,
        system: &System,
        test: usize,
        times: f64,
        replications: usize,
    ) -> Result<Option<Batch>, Stopped> {
        let made = self.case(system, test)?;
        let Ok(ready) = &*made else { return Ok(None) };
        let Ok(scaled) = scaled(&ready.test, Scale::Times(times)) else { return Ok(None) };
        let identity = identity([(&ready.model, &scaled)]);
        self.run(&Ready { model: ready.model.clone(), test: scaled, identity }, test, replications).map(Some)
    }

    fn proof(&mut self, system: &System, test: usize) -> Result<Option<String>, Stopped> {
        let made = self.case(system, test)?;
        let ready = match &*made {
            Ok(ready) => ready,
            Err(lost) => return Ok(Some(lost.clone())),
        };
        // What cannot be compiled says so where it is simulated.
        let Ok(known) = instant(&ready.model, &ready.test) else { return Ok(None) };
        let required = |slo: &String| ready.test.required().any(|objective| objective.text == *slo);
        let fails = known.failed.iter().find(|failed| required(&failed.slo));
        Ok(fails.map(|failed| format!("{} in test {}: {}", failed.slo, self.names[test], failed.why)))
    }
}

impl Bench<'_> {
    /// The longest steady load of the test that stands for a month, by estimate; `None` where there is none, or nothing that
    /// could owe CPU credits.
    fn steady(&self, system: &System) -> Result<Option<(Model, Window)>, Stopped> {
        let month = self.names.iter().position(|name| *name == self.month).unwrap_or(0);
        let Ok(Ready { model, test, .. }) = self.make(system, month)? else { return Ok(None) };
        if !Cost::may_owe(&model) {
            return Ok(None);
        }
        let Ok(known) = instant(&model, &test) else { return Ok(None) };
        let longest = known.windows.into_iter().max_by(|a, b| (a.to_s - a.from_s).total_cmp(&(b.to_s - b.from_s)));
        Ok(longest.map(|window| (model, window)))
    }
}

/// Machines with less memory than today that the model gives no use of memory: what they lack is in no figure.
fn less_memory(today: &Model, then: &Model) -> Vec<String> {
    let machines = |model: &Model| -> Vec<(String, Option<String>)> {
        let tiers = model.tiers.iter().filter(|tier| tier.memory.is_none());
        let tiers = tiers.map(|tier| (tier.name.clone(), tier.host.instance.clone()));
        let databases = model.databases.iter().map(|one| (one.name.clone(), one.host.instance.clone()));
        tiers.chain(databases).collect()
    };
    let gib = |name: &Option<String>| memory(name.as_deref()?).map(|bytes| bytes / 1_073_741_824.0);
    let less = |((name, before), (_, after)): ((String, Option<String>), (String, Option<String>))| {
        let (had, has) = (gib(&before)?, gib(&after)?);
        let words = format!(
            "{name} has {has:.3} GiB of memory instead of {had:.3}: the model does not say what it uses, so what less of it \
             does (fewer pages cached, for one) is in no figure"
        );
        (has < had).then_some(words)
    };
    machines(today).into_iter().zip(machines(then)).filter_map(less).collect()
}

impl Priced for Bench<'_> {
    fn cost(&mut self, system: &System) -> Result<f64, Stopped> {
        let parts = crate::study::cost::cost(&self.load(system, None, &[])?).usd_per_month;
        Ok(parts + self.surplus(system)?)
    }

    fn surplus(&mut self, system: &System) -> Result<f64, Stopped> {
        let throughput = match self.throughput {
            Some(known) => known,
            None => {
                let most = System::Config(self.knobs.iter().map(|knob| knob.values.len().checked_sub(1)).collect());
                let as_is = System::as_is(self.knobs.len());
                let mut throughput: f64 = 0.0;
                for system in [most, as_is] {
                    let steady = self.steady(&system)?;
                    throughput =
                        throughput.max(steady.and_then(|(_, one)| one.estimate).map_or(0.0, |means| means.throughput));
                }
                self.throughput = Some(throughput);
                throughput
            }
        };
        let Some((model, steady)) = self.steady(system)? else { return Ok(0.0) };
        let used = |name: &str| {
            let cpu = steady.resources.iter().find(|one| one.name == name)?;
            Some((throughput * cpu.demand_s / cpu.servers).min(1.0))
        };
        Ok(Cost::surplus_while(&model, used) * HOURS_PER_MONTH)
    }

    fn caveats(&mut self, system: &System) -> Result<Vec<String>, Stopped> {
        Ok(less_memory(self.plain, &self.load(system, None, &[])?))
    }

    fn stopped(&mut self, so_far: String) {
        self.so_far = so_far;
    }

    fn unpriced(&mut self, system: &System) -> Result<Vec<String>, Stopped> {
        let cost = crate::study::cost::cost(&self.load(system, None, &[])?);
        Ok(cost.unknown.iter().map(|part| part.name.clone()).collect())
    }

    fn identity(&mut self, system: &System) -> Result<String, Stopped> {
        let model = self.load(system, None, &[])?;
        Ok(identity(model.tests.first().map(|test| (&model, test))))
    }

    fn inputs(&self, replications: usize) -> Vec<InputDraws> {
        let drawn: Vec<Vec<f64>> =
            (0..replications).map(|index| drawn_inputs(self.plain, self.effort.seed, index)).collect();
        let draws = |(number, input): (usize, &crate::model::Input)| InputDraws {
            name: input.name.clone(),
            about: input.about.clone(),
            low: input.low,
            high: input.high,
            unit: input.unit,
            values: drawn.iter().map(|values| values[number]).collect(),
        };
        self.plain.inputs.iter().enumerate().map(draws).collect()
    }
}
