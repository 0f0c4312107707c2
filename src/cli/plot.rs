//! `plimsoll plot`.

use std::path::{Path, PathBuf};

use super::args::{Charts, CheckArgs, How, Screen};
use super::args_plot::{PlotArgs, PlotKind};
use super::check;
use super::exit::Exit;
use super::load;
use super::output::{complain, draw, only, say, warn, writable};
use super::plot_hits;
use super::progress::{Progress, catch_interrupts};
use super::run::problems_of;
use crate::model::{Model, Role, Test};
use crate::present::figure;
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::recording::Recording;
use crate::study::asked::asked;
use crate::study::check::wanted;
use crate::study::check_result::CheckReport;
use crate::study::contradictory::beyond_any_system;
use crate::study::predict::predict;
use crate::study::prediction::Prediction;

/// A test, predicted, with what was recorded of it.
struct Seen {
    model: Model,
    prediction: Prediction,
    recorded: Vec<(Role, Recording)>,
}

pub(super) fn plot(args: &PlotArgs) -> Exit {
    match plotted(args) {
        Ok(true) => Exit::Done,
        Ok(false) => {
            say("interrupted before all was simulated; nothing is drawn");
            Exit::Interrupted
        }
        Err(problems) => complain(&problems),
    }
}

/// Draws; false if interrupted.
fn plotted(args: &PlotArgs) -> Result<bool, Problems> {
    let how = args.how();
    elsewhere(args.kind)?;
    let inputs: Vec<&Path> = args.models.iter().map(PathBuf::as_path).collect();
    writable(&how, &inputs)?;
    if args.kind == PlotKind::Scatter {
        return scatter(args, &how);
    }
    let model = one_model(args)?;
    unused(args)?;
    if args.kind == PlotKind::Hits {
        return plot_hits::hits(args, &how, model);
    }
    let Some(Seen { model, prediction, recorded }) = seen(args, &how, model)? else { return Ok(false) };
    let endpoint = args.endpoint.as_deref();
    draw(&how, |target| match args.kind {
        PlotKind::Percentiles => figure::percentiles_figure(&prediction, &recorded, endpoint, target),
        PlotKind::Endpoints => figure::endpoints_figure(&prediction, &recorded, target),
        PlotKind::Time => figure::time_figure(&prediction, &model, endpoint, target),
        PlotKind::System => figure::system_figure(&model, &prediction, target),
        _ => figure::run_figure(&prediction, load::held_out_first(&recorded), target),
    })?;
    Ok(true)
}

/// Refuses figures that other commands draw, and says which.
fn elsewhere(kind: PlotKind) -> Result<(), Problems> {
    let (name, hint) = match kind {
        PlotKind::Sweep => ("sweep", "plimsoll sweep MODEL --vary PATH=VALUES --plot FILE"),
        PlotKind::Heat => ("heat", "plimsoll sweep MODEL --vary PATH=VALUES --vary PATH=VALUES --plot FILE"),
        PlotKind::Capacity => ("capacity", "plimsoll capacity MODEL --plot FILE"),
        PlotKind::Compare => ("compare", "plimsoll compare MODEL @VARIANT --plot FILE"),
        PlotKind::Pareto => ("pareto", "plimsoll recommend MODEL --plot FILE"),
        _ => return Ok(()),
    };
    Err(only(Problem::whole(format!("plot {name}"), "is drawn by the command whose result it shows").with_hint(hint)))
}

fn one_model(args: &PlotArgs) -> Result<&Path, Problems> {
    match (args.models.as_slice(), args.test.as_slice()) {
        ([_, _, ..], _) => {
            let problem =
                Problem::whole("plot", format!("{} models are given, and this figure is of one", args.models.len()));
            Err(only(problem.with_hint("plimsoll plot scatter draws several")))
        }
        (_, [_, other, ..]) => {
            let problem = Problem::whole(format!("--test {other}"), "this figure is of one test, and another is named");
            Err(only(problem.with_hint("plimsoll plot scatter draws several")))
        }
        ([model], _) => Ok(model),
        ([], _) => Err(only(Problem::whole("plot", "no model is given"))),
    }
}

/// Refuses options that the figure does not have.
fn unused(args: &PlotArgs) -> Result<(), Problems> {
    let by_endpoint = matches!(args.kind, PlotKind::Percentiles | PlotKind::Time);
    let of_cache = args.kind == PlotKind::Hits;
    let given = [
        ("--endpoint", args.endpoint.is_some() && !by_endpoint, "percentiles and time have it"),
        ("--cache", args.cache.is_some() && !of_cache, "hits has it"),
        (
            "--vary",
            args.vary.is_some() && !of_cache,
            "hits has it; plimsoll sweep --plot draws what depends on anything else",
        ),
    ];
    let problem = |(option, _, hint): &(&str, bool, &str)| {
        Problem::whole(*option, "this figure has no such option").with_hint(*hint)
    };
    Problems::of(given.iter().filter(|option| option.1).map(problem).collect()).map_or(Ok(()), Err)
}

/// Predicts the test with all that was recorded of it; `None` if interrupted.
fn seen(args: &PlotArgs, how: &How, path: &Path) -> Result<Option<Seen>, Problems> {
    let name = args.test.first().map(String::as_str);
    let (model, test) = load::model_and_test(path, name, how.variant.as_deref(), &how.set)?;
    if let Some(name) = &args.endpoint
        && !model.endpoints.iter().any(|endpoint| endpoint.name == *name)
    {
        let names = model.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let problem = Problem::whole(path.display().to_string(), format!("no endpoint {}", quoted(name)));
        return Err(only(problem.with_hint(suggest(name, "endpoint", names))));
    }
    let recorded = load::recorded(&test, &[])?;
    beyond_any_system(&model, &test).iter().for_each(|text| warn(text));
    let mut all = asked(&test);
    recorded.iter().for_each(|(_, recording)| all.add(wanted(recording, &test)));
    if args.kind == PlotKind::Percentiles {
        all.percentiles.extend(figure::PERCENTILES);
    }
    catch_interrupts();
    let effort = load::effort(how);
    let watch = Progress::new(&test.name, effort.replications as u64, how.quiet);
    match predict(&model, &test, how.variant.as_deref().unwrap_or(""), &all, &effort, &watch) {
        Ok(prediction) if prediction.interrupted => Ok(None),
        Ok(prediction) => Ok(Some(Seen { model, prediction, recorded })),
        Err(error) if error.is_interruption() => Ok(None),
        Err(error) => Err(problems_of(&error, &path.display().to_string(), &test.name)),
    }
}

/// Checks the models, and draws all that was judged.
fn scatter(args: &PlotArgs, how: &How) -> Result<bool, Problems> {
    unused(args)?;
    let mut reports: Vec<CheckReport> = Vec::new();
    let mut checked: Vec<(&PathBuf, Vec<String>)> = Vec::new();
    for path in &args.models {
        checked.push((path, recorded_tests(args, how, path)?));
    }
    if checked.iter().all(|(_, tests)| tests.is_empty()) {
        let place = args.models.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let problem =
            Problem::whole(place, "nothing was recorded of these tests, so nothing can be laid beside predictions");
        let hint = "name a recording in a test: recording = { file = \"peak.csv\", role = \"validate\" }; `plimsoll inspect` \
                    knows what load tools write";
        return Err(only(problem.with_hint(hint)));
    }
    for (path, tests) in checked.iter().filter(|(_, tests)| !tests.is_empty()) {
        let check = CheckArgs {
            models: vec![path.to_path_buf()],
            test: tests.clone(),
            against: Vec::new(),
            map: Vec::new(),
            no_alternatives: true,
            screen: Screen { watch: false, charts: Charts::Never },
            how: How { plot: None, ..args.how() },
        };
        let checked = check::checked(&check, path)?;
        if checked.interrupted {
            return Ok(false);
        }
        reports.push(checked.report);
    }
    let reports: Vec<&CheckReport> = reports.iter().collect();
    if !figure::has_points(&reports) {
        let problem = Problem::whole("plot scatter", "none of the recorded figures can be judged");
        return Err(only(problem.with_hint("plimsoll check --full says of each row why")));
    }
    draw(how, |target| figure::scatter_figure(&reports, target))?;
    Ok(true)
}

/// Of the tests asked for, or of all, those with recordings.
fn recorded_tests(args: &PlotArgs, how: &How, path: &Path) -> Result<Vec<String>, Problems> {
    let model = load::model_for(path, None, how.variant.as_deref(), &how.set)?;
    let recorded = |test: &&Test| !test.recordings.is_empty();
    if args.test.is_empty() {
        return Ok(model.tests.iter().filter(recorded).map(|test| test.name.clone()).collect());
    }
    let named = load::tests(&model, path, &args.test, &[])?;
    Ok(model.tests.iter().filter(recorded).map(|test| test.name.clone()).filter(|name| named.contains(name)).collect())
}
