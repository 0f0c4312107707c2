//! `plimsoll alarms`.

use super::args::AlarmsArgs;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::run::{json, problems_of};
use crate::model::{Model, Role, Test};
use crate::present::alarm_page::{alarm_page, alarm_table};
use crate::problem::{Problem, Problems};
use crate::study::alarms::{AlarmReport, Demands, Watched, sound_alarms};
use crate::study::asked::asked;
use crate::study::observe::Wanted;

pub(super) fn alarms(args: &AlarmsArgs) -> Exit {
    match sounded(args) {
        Ok(Some(report)) => verdict(&report),
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Simulates, evaluates and delivers; `None` if interrupted.
fn sounded(args: &AlarmsArgs) -> Result<Option<AlarmReport>, Problems> {
    let how = &args.how;
    load::replications(how)?;
    load::no_plot(how, "alarms")?;
    writable(how, &[&args.model])?;
    let variant = how.variant.as_deref();
    let plain = load::model_for(&args.model, None, variant, &how.set)?;
    if plain.alarms.is_empty() {
        let hint = "write [alarm.NAME] with its namespace, metric, dimensions, statistic, period and threshold";
        return Err(only(Problem::whole(args.model.display().to_string(), "has no alarms").with_hint(hint)));
    }
    let silent_in = silent_in(args, &plain)?;
    let names = load::tests(&plain, &args.model, &args.test, &silent_in)?;
    let mut cases: Vec<(Model, Test, Wanted)> = Vec::new();
    for name in &names {
        let model = load::model_for(&args.model, Some(name), variant, &how.set)?;
        let test = load::test(&model, &args.model, Some(name))?.clone();
        let wanted = asked(&test);
        cases.push((model, test, wanted));
    }
    catch_interrupts();
    let effort = load::effort(how);
    let watch = Progress::new("alarms", (effort.replications * cases.len()) as u64, how.quiet);
    let watched: Vec<Watched> = cases.iter().map(|(model, test, wanted)| Watched { model, test, wanted }).collect();
    let demands = Demands { ahead_s: args.ahead, silent_in };
    let report = sound_alarms(&watched, variant.unwrap_or(""), &effort, &demands, &watch);
    drop(watch);
    let report = match report {
        Ok(report) => report,
        Err(error) if error.is_interruption() => {
            say("interrupted before all tests were done; there is nothing to report");
            return Ok(None);
        }
        Err(error) => return Err(problems_of(&error, &args.model.display().to_string(), &names.join(", "))),
    };
    deliver(how, || alarm_page(&report), || json(&report), || csv(&alarm_table(&report)))?;
    Ok(Some(report))
}

/// The tests in which a useful threshold stays silent: those named, or those with a calibration recording.
fn silent_in(args: &AlarmsArgs, model: &Model) -> Result<Vec<String>, Problems> {
    let named = args.silent_in.iter().map(|name| load::test(model, &args.model, Some(name)));
    let named: Vec<&Test> = named.collect::<Result<_, _>>()?;
    let calibrates = |test: &&Test| test.recordings.iter().any(|recording| recording.role == Role::Calibrate);
    let chosen = if named.is_empty() { model.tests.iter().filter(calibrates).collect() } else { named };
    Ok(chosen.into_iter().map(|test| test.name.clone()).collect())
}

/// Failed if an alarm never can sound, or a test fails its objectives in most replications and nothing
/// sounds in most of its replications and alignments.
fn verdict(report: &AlarmReport) -> Exit {
    let never = report.alarms.iter().any(|alarm| alarm.never_sounds());
    let tests = report.alarms.first().map_or(0, |alarm| alarm.tests.len());
    let unheard = |test: usize| {
        let mut soundings = report.alarms.iter().filter_map(|alarm| alarm.tests.get(test));
        let failing = soundings.clone().any(|sounding| sounding.failing > 0.5);
        failing && soundings.all(|sounding| sounding.sounds.is_none_or(|share| share < 0.5))
    };
    if never || (0..tests).any(unheard) { Exit::Failed } else { Exit::Done }
}
