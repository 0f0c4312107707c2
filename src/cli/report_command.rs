//! The command that gives a report again.

use super::args::{Buying, Lost, ReportArgs};

/// The command that gives this report again.
pub(super) fn command(args: &ReportArgs, html: bool) -> String {
    let how = &args.how;
    let mut words = vec!["plimsoll report".to_owned(), args.model.display().to_string()];
    let mut flags =
        |flag: &str, values: &[String]| words.extend(values.iter().map(|value| format!("{flag} {}", shell(value))));
    flags("--test", &args.test);
    flags("--compare", &args.compare);
    flags("--set", &how.set);
    words.extend(recommended(args));
    words.push(format!("--seed {} --replications {}", how.seed, how.replications));
    words.extend(how.precision.map(|share| format!("--precision {share}")));
    words.extend(how.max_replications.map(|most| format!("--max-replications {most}")));
    if html {
        words.push(how.output.as_ref().map_or("--format html".to_owned(), |output| {
            format!("--format html --output {}", shell(&output.display().to_string()))
        }));
    }
    words.join(" ")
}

/// What a recommendation depends on, if one is asked for.
fn recommended(args: &ReportArgs) -> Vec<String> {
    let Buying { vary, promise, family, budget, survive, zones, growth, months, launch, month, beside, exhaustive } =
        &args.buying;
    if !args.recommend {
        return Vec::new();
    }
    let mut words = vec!["--recommend".to_owned()];
    let mut add = |flag: &str, value: String| words.push(format!("{flag} {}", shell(&value)));
    vary.iter().for_each(|one| add("--vary", one.clone()));
    add("--promise", promise.to_string());
    family.iter().for_each(|one| add("--family", one.clone()));
    budget.iter().for_each(|one| add("--budget", format!("${one}/h")));
    let lost = |one: &Lost| if *one == Lost::Instance { "instance" } else { "zone" };
    survive.iter().for_each(|one| add("--survive", lost(one).to_owned()));
    add("--zones", zones.to_string());
    growth.iter().for_each(|one| add("--growth", one.to_string()));
    add("--months", months.to_string());
    launch.iter().for_each(|one| add("--launch", one.display().to_string()));
    month.iter().for_each(|one| add("--month", one.clone()));
    beside.iter().for_each(|one| add("--beside", one.clone()));
    if *exhaustive {
        words.push("--exhaustive".to_owned());
    }
    words
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-=/:".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
