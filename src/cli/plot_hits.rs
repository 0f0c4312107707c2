//! `plimsoll plot hits`: a test predicted with a cache bound to more and to less memory.

use std::path::Path;

use super::args::How;
use super::args_plot::PlotArgs;
use super::load;
use super::output::{draw, only};
use super::progress::{Progress, catch_interrupts};
use super::run::problems_of;
use crate::catalogue::gives::memory;
use crate::model::{Cache, Model, Test};
use crate::present::figure;
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::spec::axis::{Axis, Varied};
use crate::study::asked::asked;
use crate::study::hits::{HitPoint, Hits, theory};
use crate::study::predict::{Job, predict_all};
use crate::units::{self, Kind};

/// Sizes by themselves: so many, from a tenth to four times today's, each by the same factor above the one before.
const SIZES: u32 = 11;
const LEAST: f64 = 0.1;
const MOST: f64 = 4.0;
/// Sizes of theory to each that is simulated.
const FINER: usize = 6;

/// Predicts at each size and draws; false if interrupted.
pub(super) fn hits(args: &PlotArgs, how: &How, path: &Path) -> Result<bool, Problems> {
    let name = args.test.first().map(String::as_str);
    let (model, test) = load::model_and_test(path, name, how.variant.as_deref(), &how.set)?;
    let axis = args.vary.as_deref().map(Axis::parse).transpose().map_err(only)?;
    let index = cache(args, path, &model, axis.as_ref())?;
    let of = &model.caches[index];
    // Cast: exact far beyond any memory
    let today = of.max_bytes.map(|bytes| bytes as f64);
    let sizes = sizes(path, of, axis.as_ref(), today)?;
    let at = |size: &f64| {
        let varied = [format!("cache.{}.maxmemory={}B", quoted_key(&of.name), size.floor().max(1.0))];
        let model = load::model_at(path, &test.name, how, &varied)?;
        let test = load::test(&model, path, Some(&test.name))?.clone();
        Ok((model, test))
    };
    let cases: Vec<(Model, Test)> = sizes.iter().map(at).collect::<Result<_, Problems>>()?;
    catch_interrupts();
    let effort = load::effort(how);
    let variant = how.variant.as_deref().unwrap_or("");
    let wanted = asked(&test);
    let jobs: Vec<Job> = cases
        .iter()
        .map(|(model, test)| Job { model, test, variant, wanted: &wanted, effort, series: false })
        .collect();
    let watch = Progress::new(&of.name, (jobs.len() * effort.replications) as u64, how.quiet);
    let failed = |error| problems_of(&error, &path.display().to_string(), &test.name);
    let mut points = Vec::new();
    for (size, predicted) in sizes.iter().zip(predict_all(&jobs, effort.threads, &watch)) {
        match predicted {
            Ok(prediction) if !prediction.interrupted => points.extend(HitPoint::of(*size, &of.name, &prediction)),
            Err(error) if !error.is_interruption() => return Err(failed(error)),
            Ok(_) | Err(_) => return Ok(false),
        }
    }
    if points.is_empty() {
        let problem = Problem::whole(
            path.display().to_string(),
            format!("test {} looks nothing up in cache {}", test.name, of.name),
        );
        return Err(only(problem.with_hint("choose another test, or another cache with --cache")));
    }
    let theory = theory(&model, &test, index, &finer(&sizes), how.seed, &watch).map_err(failed)?;
    drop(watch);
    let hits = Hits {
        model: model.name.clone(),
        variant: variant.to_owned(),
        test: test.name.clone(),
        cache: of.name.clone(),
        replications: effort.replications,
        today,
        points,
        theory,
    };
    draw(how, |target| figure::hits_figure(&hits, target))?;
    Ok(true)
}

/// A name as a part of a path.
fn quoted_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { format!("{name:?}") }
}

/// The cache that is named, or is varied, or is the only one; its index.
fn cache(args: &PlotArgs, path: &Path, model: &Model, axis: Option<&Axis>) -> Result<usize, Problems> {
    let problem = |what: String, hint: String| only(Problem::whole(path.display().to_string(), what).with_hint(hint));
    let names = || model.caches.iter().map(|cache| cache.name.as_str());
    if model.caches.is_empty() {
        let hint = "add a [cache.NAME] with its keyspaces (docs/model-language.md, Caches), or choose another figure";
        return Err(problem("has no cache, so nothing hits or misses".into(), hint.into()));
    }
    let place = |name: &str| names().position(|one| one == name);
    let of_path = |name: &str| names().position(|one| name == format!("cache.{}.maxmemory", quoted_key(one)));
    match (axis.map(|axis| &axis.varied), args.cache.as_deref()) {
        (Some(Varied::Path(varied)), named) => {
            let found = of_path(varied).filter(|&found| named.is_none_or(|named| place(named) == Some(found)));
            found.ok_or_else(|| {
                let hint =
                    format!("write cache.NAME.maxmemory=VALUES; caches: {}", names().collect::<Vec<_>>().join(", "));
                only(Problem::whole(format!("--vary {varied}"), "is not the memory of such a cache").with_hint(hint))
            })
        }
        (Some(_), _) => Err(only(
            Problem::whole("--vary", "varies the load, and this figure the memory of a cache")
                .with_hint("write cache.NAME.maxmemory=VALUES"),
        )),
        (None, Some(name)) => {
            place(name).ok_or_else(|| problem(format!("no cache {}", quoted(name)), suggest(name, "cache", names())))
        }
        (None, None) if model.caches.len() == 1 => Ok(0),
        (None, None) => Err(problem(
            "has several caches".into(),
            format!("choose one with --cache: {}", names().collect::<Vec<_>>().join(", ")),
        )),
    }
}

/// Bytes, ascending.
fn sizes(path: &Path, of: &Cache, axis: Option<&Axis>, today: Option<f64>) -> Result<Vec<f64>, Problems> {
    if let Some(axis) = axis {
        let size = |text: &str| {
            units::parse(Kind::Size, text).map_err(|refused| {
                only(
                    Problem::whole(format!("--vary {}", axis.name()), refused.what)
                        .with_hint("write sizes as 4MiB or 100MB"),
                )
            })
        };
        let mut sizes: Vec<f64> = axis.values.iter().map(|value| size(&value.text)).collect::<Result<_, _>>()?;
        sizes.sort_by(f64::total_cmp);
        return Ok(sizes);
    }
    let Some(today) = today else {
        let problem = Problem::whole(
            path.display().to_string(),
            format!("cache {} has no maxmemory, so there is no size to start from", of.name),
        );
        let hint = format!("say which sizes: --vary cache.{}.maxmemory=64MiB..1024MiB:64MiB", quoted_key(&of.name));
        return Err(only(problem.with_hint(hint)));
    };
    // A node has no more than its memory.
    let (least, most) =
        (today * LEAST, (today * MOST).min(of.node.as_deref().and_then(memory).unwrap_or(f64::INFINITY)));
    let step = (most / least).powf(1.0 / f64::from(SIZES - 1));
    Ok((0..SIZES).map(|index| least * step.powf(f64::from(index))).collect())
}

/// The same sizes with more between them.
fn finer(sizes: &[f64]) -> Vec<f64> {
    let mut finer: Vec<f64> = sizes
        .windows(2)
        .flat_map(|pair| {
            let factor = (pair[1] / pair[0]).powf(1.0 / FINER as f64);
            (0..FINER).map(move |step| pair[0] * factor.powi(step as i32))
        })
        .collect();
    finer.extend(sizes.last());
    finer
}
