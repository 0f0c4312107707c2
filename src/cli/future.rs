//! Tests with the load that is expected: of a launch, and after months of growth.

use std::path::Path;

use super::args_buying::RecommendArgs;
use super::load;
use super::output::only;
use crate::load::{Scale, peak, scaled};
use crate::model::{Model, Test};
use crate::problem::{Problem, Problems, suggest};
use crate::study::instant::instant;
use crate::study::recommend::answer::{Launch, LaunchHour};

/// Iterations per second of which none meets another.
const LIGHT: f64 = 1e-3;
/// Users that one may expect in an hour.
const MOST: f64 = 1e9;

/// What is expected, as files and numbers say.
pub(super) struct Future {
    /// Times the load, of growth.
    pub times: f64,
    /// The load of a launch, by test; empty without one.
    pub launches: Vec<Launch>,
}

/// What is expected in an hour.
struct Hour {
    name: String,
    users: f64,
    /// That each of them does.
    iterations: f64,
}

impl Hour {
    fn per_s(&self) -> f64 {
        self.users * self.iterations / 3600.0
    }
}

impl Future {
    /// What is expected of these tests.
    pub fn of(args: &RecommendArgs, tests: &[String]) -> Result<Future, Problems> {
        let growth = args.buying.growth.unwrap_or(0.0);
        if args.buying.months > 0 && args.buying.growth.is_none() {
            let problem = Problem::whole(format!("--months {}", args.buying.months), "nothing is said of growth");
            return Err(only(problem.with_hint("add what it grows by in a month: --growth 5%")));
        }
        let mut launches = Vec::new();
        if let Some(path) = &args.buying.launch {
            let hours = read(path)?;
            for name in tests {
                let (model, test) = load::seen_by(&args.model, name, args.how.variant.as_deref(), &args.how.set)?;
                let launch = launch(&model, &test, &hours).map_err(|why| {
                    let what = format!("cannot become the load of test {name}: {why}");
                    let hint = "choose the tests of the launch with --test";
                    only(Problem::whole(path.display().to_string(), what).with_hint(hint))
                })?;
                launches.push(launch);
            }
        }
        Ok(Future { times: (1.0 + growth).powf(f64::from(args.buying.months)), launches })
    }

    /// A test with the load that is expected.
    pub fn test(&self, test: &Test, place: &str) -> Result<Test, Problems> {
        let cannot = |what: &dyn std::fmt::Display| only(Problem::whole(place, format!("test {} {what}", test.name)));
        let mut expected = test.clone();
        let launch = self.launches.iter().find(|launch| launch.test == test.name);
        if let Some(busiest) = launch.and_then(Launch::busiest) {
            let closed = peak(test).0 > 0.0;
            let scale = if closed { Scale::Users(busiest.vus) } else { Scale::Rate(busiest.iterations_per_s) };
            expected = scaled(&expected, scale).map_err(|error| cannot(&error))?;
        }
        if self.times != 1.0 {
            expected = scaled(&expected, Scale::Times(self.times)).map_err(|error| cannot(&error))?;
        }
        Ok(expected)
    }
}

/// What a launch is to a test, or why it is nothing to it.
fn launch(model: &Model, test: &Test, hours: &[Hour]) -> Result<Launch, String> {
    // As long as it takes where nothing waits: that is what is being bought.
    let light = if peak(test).0 > 0.0 { Scale::Users(1.0) } else { Scale::Rate(LIGHT) };
    let light = scaled(test, light).map_err(|error| error.to_string())?;
    let known = instant(model, &light).map_err(|error| error.0)?;
    let busiest = known.windows.iter().find(|window| window.busiest);
    let iteration_s =
        busiest.and_then(|window| window.iteration_s).ok_or("nothing says how long an iteration takes")?;
    let hour = |hour: &Hour| LaunchHour {
        hour: hour.name.clone(),
        users: hour.users,
        iterations_per_s: hour.per_s(),
        vus: (hour.per_s() * iteration_s).ceil(),
    };
    Ok(Launch { test: test.name.clone(), iteration_s, hours: hours.iter().map(hour).collect() })
}

fn read(path: &Path) -> Result<Vec<Hour>, Problems> {
    let name = path.display().to_string();
    let text = crate::spec::text::read_file(path)?;
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let refused = |what: String, hint: &str| Problem::whole(name.clone(), what).with_hint(hint.to_owned());
    let form = "the first line names the columns: hour,users or hour,users,iterations";
    let columns = rows.headers().map_err(|error| only(refused(error.to_string(), form)))?.clone();
    let known = ["hour", "users", "iterations"];
    let place = |column: &str| columns.iter().position(|name| name == column);
    let (mut problems, mut hours) = (Vec::new(), Vec::new());
    for column in columns.iter().filter(|column| !known.contains(column)) {
        problems.push(refused(format!("there is no column {column}"), &suggest(column, "column", known)));
    }
    let (Some(hour), Some(users)) = (place("hour"), place("users")) else {
        problems.push(refused("columns hour and users are needed".to_owned(), form));
        return Err(Problems::of(problems).unwrap_or_else(|| refused("nothing in it".to_owned(), form).into()));
    };
    for row in rows.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                problems.push(refused(error.to_string(), form));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let mut number = |column: &str, at: Option<usize>| -> f64 {
            let text = at.and_then(|at| row.get(at)).unwrap_or("1");
            match text.parse::<f64>() {
                Ok(value) if (0.0..=MOST).contains(&value) => value,
                _ => {
                    let what = format!("line {line}, {column}: {text} is no number from 0 to {MOST:.0}");
                    problems.push(refused(what, "write plain numbers: 36000"));
                    0.0
                }
            }
        };
        let (users, iterations) = (number("users", Some(users)), number("iterations", place("iterations")));
        hours.push(Hour { name: row.get(hour).unwrap_or_default().to_owned(), users, iterations });
    }
    if problems.is_empty() && !hours.iter().any(|hour| hour.per_s() > 0.0) {
        problems.push(refused("no hour has any users".to_owned(), form));
    }
    Problems::of(problems).map_or(Ok(hours), Err)
}
