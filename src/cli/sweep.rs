//! `plimsoll sweep`.

use super::args::{ShardArg, SweepArgs};
use super::array_job;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, warn, writable};
use super::progress::{Progress, catch_interrupts};
use super::results_file::{Header, ResultsFile};
use super::run::{SCHEMA, json, problems_of};
use crate::load::{Scale, scaled};
use crate::model::{Model, Test};
use crate::present::figure;
use crate::present::sweep_page::{sweep_page, sweep_table};
use crate::problem::{Problem, Problems};
use crate::spec::axis::{self, AxisValue, Varied};
use crate::study::asked::asked;
use crate::study::contradictory::beyond_any_system;
use crate::study::cost::cost;
use crate::study::observe::Wanted;
use crate::study::predict::{Effort, Job, Watch, predict_all};
use crate::study::sweep::shard::grid;
use crate::study::sweep::{Axis, Point, Shard, Sweep, Value, findings, identity, refine};
use crate::units::{self, Kind};

/// Points of a grid at most.
pub(super) const MOST_POINTS: usize = 10_000;
/// Axes that a figure can show.
const MOST_DRAWN: usize = 2;

/// A test with the model as the values of a point make it.
struct Case {
    model: Model,
    test: Test,
    wanted: Wanted,
}

/// What is asked: the same for all points.
struct Asked<'a> {
    args: &'a SweepArgs,
    tests: Vec<String>,
    axes: Vec<axis::Axis>,
    /// `None`: all points.
    shard: Option<Shard>,
    effort: Effort,
}

pub(super) fn sweep(args: &SweepArgs) -> Exit {
    match swept(args) {
        Ok(Some(sweep)) if sweep.interrupted => Exit::Interrupted,
        // Whether any point passes, only all of them can tell; a shard that is done needs no second try.
        Ok(Some(sweep)) if sweep.shard.is_some() || sweep.passes() => Exit::Done,
        Ok(Some(_)) => Exit::Failed,
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Predicts and delivers; `None` if interrupted before a point was done.
fn swept(args: &SweepArgs) -> Result<Option<Sweep>, Problems> {
    let how = &args.how;
    load::replications(how)?;
    let shard = shard(args)?;
    let inputs: Vec<&std::path::Path> = std::iter::once(&args.model).chain(&args.results).map(AsRef::as_ref).collect();
    writable(how, &inputs)?;
    let plain = load::model_for(&args.model, None, how.variant.as_deref(), &how.set)?;
    let tests = match args.test.as_slice() {
        [] => vec![load::test(&plain, &args.model, None)?.name.clone()],
        names => load::tests(&plain, &args.model, names, &[])?,
    };
    let asked = Asked { args, tests, axes: axes(args)?, shard, effort: load::effort(how) };
    let mut grid = grid(&asked.axes.iter().map(|axis| axis.values.as_slice()).collect::<Vec<_>>());
    // Everything is tried before anything is written.
    for at in &grid {
        asked.cases(at)?;
    }
    if let Some(shard) = shard {
        let mut places = 0..;
        grid.retain(|_| places.next().is_some_and(|place| shard.has(place)));
    }
    asked.warn()?;
    let mut results = ResultsFile::open(args.results.as_deref(), &asked.header(&plain)?)?;
    catch_interrupts();
    let runs = grid.len() * asked.tests.len() * asked.effort.replications;
    let watch = Progress::new(asked.axes.first().map_or("", axis::Axis::name), runs as u64, how.quiet);
    let (mut points, axes, interrupted) = asked.points(grid, &mut results, &watch)?;
    drop(watch);
    let (unpriced, warnings) = asked.told_by_models(&mut points)?;
    if points.is_empty() && interrupted {
        say("interrupted before a point was done; there is nothing to report");
        return Ok(None);
    }
    let sweep = Sweep {
        model: plain.name.clone(),
        variant: how.variant.clone().unwrap_or_default(),
        set: how.set.clone(),
        seed: how.seed,
        replications: asked.effort.replications,
        findings: if shard.is_some() { Vec::new() } else { findings::findings(&axes, &asked.tests, &points) },
        shard,
        tests: asked.tests,
        axes,
        points,
        unpriced,
        warnings,
        interrupted,
    };
    deliver(how, || sweep_page(&sweep, detail(how)), || json(&sweep), || csv(&sweep_table(&sweep)))?;
    draw(how, |path| figure::sweep_figure(&sweep, path))?;
    Ok(Some(sweep))
}

/// The axes as written, all problems at once.
fn axes(args: &SweepArgs) -> Result<Vec<axis::Axis>, Problems> {
    let (mut axes, mut problems): (Vec<axis::Axis>, Vec<Problem>) = (Vec::new(), Vec::new());
    for argument in &args.vary {
        match axis::Axis::parse(argument) {
            Err(problem) => problems.push(problem),
            Ok(axis) => {
                let name = format!("--vary {argument}");
                let alone =
                    |other: &axis::Axis| axis.is_load() && other.is_load() && (is_times(&axis) || is_times(other));
                if axes.iter().any(|other| other.name() == axis.name()) {
                    problems.push(Problem::whole(name, format!("{} is varied twice", axis.name())));
                } else if axes.iter().any(alone) {
                    problems.push(Problem::whole(name, "load is users and rate at once; vary either it or them"));
                }
                axes.push(axis);
            }
        }
    }
    let count = axes.iter().fold(1usize, |count, axis| count.saturating_mul(axis.values.len()));
    if count > MOST_POINTS && problems.is_empty() {
        let problem = Problem::whole("--vary", format!("these are {count} points; at most {MOST_POINTS} are possible"));
        problems.push(problem.with_hint("make steps wider, or vary less at once"));
    }
    if args.how.plot.is_some() && axes.len() > MOST_DRAWN {
        problems.push(Problem::whole("--plot", format!("a figure shows at most {MOST_DRAWN} axes")));
    }
    Problems::of(problems).map_or(Ok(axes), Err)
}

fn is_times(axis: &axis::Axis) -> bool {
    axis.varied == Varied::Load
}

/// The part of the grid that this process does.
fn shard(args: &SweepArgs) -> Result<Option<Shard>, Problems> {
    let refuse = |name: &str, what: &str, hint: &str| Err(only(Problem::whole(name, what).with_hint(hint)));
    let shards = args.shards.and_then(|shards| usize::try_from(shards).ok());
    let shard = match args.shard {
        None => return Ok(None),
        Some(ShardArg::This(_)) if shards.is_some() => {
            return refuse("--shards", "goes with --shard auto only", "--shard 2/4 says how many there are");
        }
        Some(ShardArg::This(shard)) => shard,
        Some(ShardArg::Auto) => {
            let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
            array_job::shard(variable, shards)?
        }
    };
    if args.how.plot.is_some() {
        return refuse("--plot", "a figure shows all points, and this is a shard", "merge the shards, then draw");
    }
    Ok(Some(shard))
}

fn texts(at: &[AxisValue]) -> Vec<String> {
    at.iter().map(|value| value.text.clone()).collect()
}

impl Asked<'_> {
    /// The tests at a place, or the problems that the values make.
    fn cases(&self, at: &[AxisValue]) -> Result<Vec<Case>, Problems> {
        let varied = |(axis, value): (&axis::Axis, &AxisValue)| match &axis.varied {
            Varied::Path(path) => Some(format!("{path}={}", value.text)),
            _ => None,
        };
        let varied: Vec<String> = self.axes.iter().zip(at).filter_map(varied).collect();
        let case = |name: &String| {
            let model = load::model_at(&self.args.model, name, &self.args.how, &varied)?;
            let mut test = load::test(&model, &self.args.model, Some(name))?.clone();
            for (axis, value) in self.axes.iter().zip(at) {
                let number = |kind: Kind| units::parse(kind, &value.text).unwrap_or(f64::NAN);
                let scale = match axis.varied {
                    Varied::Path(_) => continue,
                    Varied::Users => Scale::Users(number(Kind::Number)),
                    Varied::Rate => Scale::Rate(number(Kind::Rate)),
                    Varied::Load => Scale::Times(number(Kind::Number)),
                };
                let place = || format!("--vary {}={}, test {name}", axis.name(), value.text);
                test = scaled(&test, scale).map_err(|error| only(Problem::whole(place(), error.to_string())))?;
            }
            Ok(Case { wanted: asked(&test), model, test })
        };
        self.tests.iter().map(case).collect()
    }

    /// Tells objectives that no point can meet, before any is simulated.
    fn warn(&self) -> Result<(), Problems> {
        let first: Vec<AxisValue> = self.axes.iter().filter_map(|axis| axis.values.first().cloned()).collect();
        let all = self.cases(&first)?;
        all.iter().flat_map(|case| beyond_any_system(&case.model, &case.test)).for_each(|text| warn(&text));
        Ok(())
    }

    fn header(&self, plain: &Model) -> Result<Header, Problems> {
        let how = &self.args.how;
        let load = |name: &String| {
            let model = load::model_at(&self.args.model, name, how, &[])?;
            let test = load::test(&model, &self.args.model, Some(name))?.clone();
            Ok((model, test))
        };
        let models: Vec<(Model, Test)> = self.tests.iter().map(load).collect::<Result<_, Problems>>()?;
        Ok(Header {
            schema: SCHEMA.to_owned(),
            kind: "sweep".to_owned(),
            plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
            model: plain.name.clone(),
            identity: identity::identity(models.iter().map(|(model, test)| (model, test))),
            variant: how.variant.clone().unwrap_or_default(),
            set: how.set.clone(),
            tests: self.tests.clone(),
            seed: how.seed,
            replications: self.effort.replications,
            precision: self.effort.precision,
            max_replications: self.effort.precision.map(|_| self.effort.max_replications),
            vary: self.axes.iter().map(|axis| axis.name().to_owned()).collect(),
            shard: self.shard,
            grid: self.shard.map(|_| self.axes.iter().map(|axis| texts(&axis.values)).collect()),
        })
    }

    /// The points of the grid and those that a bend asks for, with the axes as they are then, and whether the work
    /// was interrupted.
    fn points(
        &self,
        grid: Vec<Vec<AxisValue>>,
        results: &mut ResultsFile,
        watch: &Progress,
    ) -> Result<(Vec<Point>, Vec<Axis>, bool), Problems> {
        let mut axes: Vec<Axis> = self.axes.iter().map(asked_axis).collect();
        let mut points = Vec::with_capacity(grid.len());
        for at in &grid {
            match self.point(at, results, watch)? {
                Some(point) => points.push(point),
                None => return Ok((points, axes, true)),
            }
        }
        // Where a curve bends, a shard does not see.
        let ([written], None) = (self.axes.as_slice(), self.shard) else { return Ok((points, axes, false)) };
        for _ in 0..refine::ROUNDS {
            let pairs = refine::wanted(&axes[0], &points, self.tests.len());
            let between: Vec<AxisValue> = pairs.iter().filter_map(|&(low, high)| written.between(low, high)).collect();
            if between.is_empty() {
                break;
            }
            watch.more((between.len() * self.tests.len() * self.effort.replications) as u64);
            for value in between {
                let Some(point) = self.point(std::slice::from_ref(&value), results, watch)? else {
                    return Ok((points, axes, true));
                };
                let number = value.number.unwrap_or(f64::NAN);
                let place = axes[0].values.partition_point(|other| other.number.is_some_and(|other| other < number));
                axes[0].values.insert(place, Value { text: value.text, number: value.number });
                points.insert(place, point);
            }
        }
        Ok((points, axes, false))
    }

    /// The point at these values, taken over or predicted; `None` if interrupted.
    fn point(&self, at: &[AxisValue], results: &mut ResultsFile, watch: &Progress) -> Result<Option<Point>, Problems> {
        let values = texts(at);
        if let Some(point) = results.at(&values) {
            watch.skip((self.tests.len() * self.effort.replications) as u64);
            return Ok(Some(point.clone()));
        }
        if !watch.keep_going() {
            return Ok(None);
        }
        let cases = self.cases(at)?;
        let variant = self.args.how.variant.as_deref().unwrap_or("");
        let jobs: Vec<Job> = cases
            .iter()
            .map(|Case { model, test, wanted }| Job {
                model,
                test,
                variant,
                wanted,
                effort: self.effort,
                series: false,
            })
            .collect();
        let predictions = predict_all(&jobs, self.effort.threads, watch);
        let mut predicted = Vec::with_capacity(cases.len());
        for (case, prediction) in cases.iter().zip(predictions) {
            match prediction {
                Ok(prediction) if !prediction.interrupted => predicted.push((case.test.clone(), prediction)),
                Err(error) if !error.is_interruption() => {
                    let place = format!("{} with {}", self.args.model.display(), self.words(&values));
                    return Err(problems_of(&error, &place, &case.test.name));
                }
                Ok(_) | Err(_) => return Ok(None),
            }
        }
        results.add(&Point::of(values, &predicted)).map(Some)
    }

    /// What each point costs, what has no price at one of them, and what their models warn of.
    fn told_by_models(&self, points: &mut [Point]) -> Result<(Vec<String>, Vec<String>), Problems> {
        let (mut unpriced, mut warnings): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for point in points.iter_mut() {
            let at: Vec<AxisValue> =
                point.at.iter().map(|text| AxisValue { text: text.clone(), number: None }).collect();
            let cases = self.cases(&at)?;
            for Case { model, .. } in &cases {
                let fresh: Vec<&String> = model.warnings.iter().filter(|text| !warnings.contains(text)).collect();
                warnings.extend(fresh.into_iter().cloned().collect::<Vec<_>>());
            }
            let Some(cost) = cases.first().map(|case| cost(&case.model)) else { continue };
            point.usd_per_month = (!cost.lines.is_empty()).then_some(cost.usd_per_month);
            for words in cost.unknown.iter().map(|part| format!("{}: {}", part.name, part.why)) {
                if !unpriced.contains(&words) {
                    unpriced.push(words);
                }
            }
        }
        if points.iter().all(|point| point.usd_per_month.is_none()) {
            unpriced.clear();
        }
        Ok((unpriced, warnings))
    }

    /// "pool.main.max=20, users=100".
    fn words(&self, at: &[String]) -> String {
        let one = |(axis, value): (&axis::Axis, &String)| format!("{}={value}", axis.name());
        self.axes.iter().zip(at).map(one).collect::<Vec<_>>().join(", ")
    }
}

fn asked_axis(axis: &axis::Axis) -> Axis {
    let value = |value: &AxisValue| Value { text: value.text.clone(), number: value.number };
    Axis {
        path: axis.name().to_owned(),
        unit: axis.unit.clone(),
        load: axis.is_load(),
        values: axis.values.iter().map(value).collect(),
    }
}
