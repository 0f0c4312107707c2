//! Which shard of a sweep this process does, as the array job says that started it: Slurm, a Kubernetes Indexed Job
//! or AWS Batch.
//!
//! Whatever is missing, is no number or contradicts something else is refused: a wrong guess would do the work of
//! another machine, or none of it.

use super::output::only;
use crate::problem::{Problem, Problems};
use crate::study::sweep::Shard;

/// The number of shards, where what started the process does not tell it.
const SHARDS: &str = "PLIMSOLL_SHARDS";
/// What helps against anything that is wrong here.
const BY_HAND: &str = "say which shard it is: --shard 2/8";

/// A variable of the environment, `None` if it is not set.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a scheduler says, with its name.
struct Told {
    who: &'static str,
    /// From 0.
    index: usize,
    /// With the words for where it was found.
    count: Option<(usize, String)>,
}

/// The shard of this process. `shards` is how many there are, if the caller knows; `lookup` finds variables of the
/// environment.
///
/// # Errors
/// If no array job is running, several contradict each other, or what one says is incomplete or no shard.
pub(super) fn shard(lookup: impl Fn(&str) -> Option<String>, shards: Option<usize>) -> Result<Shard, Problems> {
    let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let lookup: Lookup = &set;
    let told = [slurm(lookup), kubernetes(lookup), batch(lookup)].into_iter().filter_map(Result::transpose);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let count = match shards {
        Some(shards) => Some((shards, format!("--shards {shards}"))),
        None => match number(lookup, SHARDS).transpose() {
            Some(Ok(count)) => Some((count, format!("{SHARDS}={count}"))),
            Some(Err(problem)) => {
                problems.push(problem);
                None
            }
            None => None,
        },
    };
    for told in told {
        match told.and_then(|told| Ok((told.who, told.shard(count.as_ref())?))) {
            Ok(one) => found.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(problems) = Problems::of(problems) {
        return Err(problems);
    }
    match found.as_slice() {
        [] => Err(only(no_array())),
        [(who, first), others @ ..] => match others.iter().find(|(_, other)| other != first) {
            Some((other, shard)) => {
                let what = format!("{who} says that this is shard {first}, and {other} that it is shard {shard}");
                Err(only(refused(what)))
            }
            None => Ok(*first),
        },
    }
}

impl Told {
    fn shard(self, given: Option<&(usize, String)>) -> Result<Shard, Problem> {
        let who = self.who;
        let (n, source) = match (&self.count, given) {
            (Some((told, words)), Some((given, by))) if told != given => {
                let what = format!("{by}, but {who} says {words}");
                let hint = format!("leave one of them out; to repeat a single shard, {BY_HAND}");
                return Err(refused(what).with_hint(hint));
            }
            (Some(count), _) => count,
            (None, Some(count)) => count,
            (None, None) => {
                let what = format!("{who} tells the number of this shard, but not how many there are");
                let hint = format!("say how many: --shards 8, or {SHARDS}=8 in the environment");
                return Err(refused(what).with_hint(hint));
            }
        };
        let k = self.index.saturating_add(1);
        Shard::new(k, *n).ok_or_else(|| refused(format!("{who} says that this is shard {k}, but {source}")))
    }
}

/// Task ids need begin at no particular number, and may be some steps apart.
fn slurm(lookup: Lookup) -> Result<Option<Told>, Problem> {
    let Some(id) = number(lookup, "SLURM_ARRAY_TASK_ID")? else { return Ok(None) };
    let needed = |name: &str| {
        number(lookup, name)?.ok_or_else(|| refused(format!("SLURM_ARRAY_TASK_ID is set, but {name} is not")))
    };
    let least = needed("SLURM_ARRAY_TASK_MIN")?;
    let most = needed("SLURM_ARRAY_TASK_MAX")?;
    let count = needed("SLURM_ARRAY_TASK_COUNT")?;
    // Of a single task there is no step.
    let step = if count == 1 { 1 } else { needed("SLURM_ARRAY_TASK_STEP")? };
    let regular = step > 0
        && most.checked_sub(least).is_some_and(|span| span % step == 0 && span / step == count.wrapping_sub(1));
    if !regular {
        let what = format!(
            "Slurm says {count} tasks from {least} to {most} in steps of {step}: from such ids nobody can tell which \
             shard this is"
        );
        return Err(refused(what).with_hint("number the tasks evenly: sbatch --array=1-8"));
    }
    let index = id.checked_sub(least).filter(|beyond| id <= most && beyond % step == 0);
    let Some(beyond) = index else {
        return Err(refused(format!("Slurm says task {id} of those from {least} to {most} in steps of {step}")));
    };
    let words = format!("SLURM_ARRAY_TASK_COUNT={count}");
    Ok(Some(Told { who: "Slurm", index: beyond / step, count: Some((count, words)) }))
}

/// Indices begin at 0; how many there are is told to nobody.
fn kubernetes(lookup: Lookup) -> Result<Option<Told>, Problem> {
    let index = number(lookup, "JOB_COMPLETION_INDEX")?;
    Ok(index.map(|index| Told { who: "Kubernetes", index, count: None }))
}

/// Indices begin at 0.
fn batch(lookup: Lookup) -> Result<Option<Told>, Problem> {
    let Some(index) = number(lookup, "AWS_BATCH_JOB_ARRAY_INDEX")? else { return Ok(None) };
    let size = number(lookup, "AWS_BATCH_JOB_ARRAY_SIZE")?;
    let count = size.map(|size| (size, format!("AWS_BATCH_JOB_ARRAY_SIZE={size}")));
    Ok(Some(Told { who: "AWS Batch", index, count }))
}

fn number(lookup: Lookup, name: &str) -> Result<Option<usize>, Problem> {
    let Some(text) = lookup(name) else { return Ok(None) };
    let refuse = || refused(format!("{name} is no number of an array job: {}", crate::problem::quoted(&text)));
    // Schedulers count with 32 bits.
    let number = text.parse::<u32>().ok().and_then(|number| usize::try_from(number).ok());
    number.map(Some).ok_or_else(refuse)
}

fn no_array() -> Problem {
    let what = "no array job started this: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX nor \
                AWS_BATCH_JOB_ARRAY_INDEX is set";
    refused(what)
}

fn refused(what: impl Into<String>) -> Problem {
    Problem::whole("--shard auto", what).with_hint(BY_HAND)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these variables ("A=1 B=2") say, or the problem.
    fn told(variables: &str, shards: Option<usize>) -> String {
        let lookup = |name: &str| {
            let all = variables.split_whitespace().filter_map(|one| one.split_once('='));
            all.filter(|(set, _)| *set == name).map(|(_, value)| value.to_owned()).next()
        };
        shard(lookup, shards).map_or_else(|problems| problems.to_string(), |shard| shard.to_string())
    }

    fn slurm(id: &str, least: &str, most: &str, count: &str, step: &str) -> String {
        format!(
            "SLURM_ARRAY_TASK_ID={id} SLURM_ARRAY_TASK_MIN={least} SLURM_ARRAY_TASK_MAX={most} \
             SLURM_ARRAY_TASK_COUNT={count} SLURM_ARRAY_TASK_STEP={step}"
        )
    }

    #[test]
    fn slurm_may_count_from_anywhere() {
        assert_eq!(told(&slurm("1", "1", "4", "4", "1"), None), "1/4");
        assert_eq!(told(&slurm("3", "0", "3", "4", "1"), None), "4/4");
        assert_eq!(told(&slurm("14", "10", "18", "5", "2"), None), "3/5");
        assert_eq!(told(&slurm("7", "7", "7", "1", "1"), Some(1)), "1/1");
        assert_eq!(told(&slurm("7", "7", "7", "1", ""), None), "1/1");
    }

    #[test]
    fn kubernetes_needs_to_be_told_how_many() {
        assert_eq!(told("JOB_COMPLETION_INDEX=0", Some(3)), "1/3");
        assert_eq!(told("JOB_COMPLETION_INDEX=2 PLIMSOLL_SHARDS=3", None), "3/3");
        assert_eq!(told("JOB_COMPLETION_INDEX=2 PLIMSOLL_SHARDS=3", Some(5)), "3/5");
        assert!(told("JOB_COMPLETION_INDEX=2", None).contains("say how many: --shards 8, or PLIMSOLL_SHARDS=8"));
        assert!(told("JOB_COMPLETION_INDEX=3", Some(3)).contains("this is shard 4, but --shards 3"));
        assert!(told("JOB_COMPLETION_INDEX=3 PLIMSOLL_SHARDS=0", None).contains("shard 4, but PLIMSOLL_SHARDS=0"));
    }

    #[test]
    fn batch_tells_both() {
        assert_eq!(told("AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=2", None), "1/2");
        assert_eq!(told("AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2", Some(2)), "2/2");
        assert!(
            told("AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=2", None).contains("shard 3, but AWS_BATCH")
        );
        assert!(told("AWS_BATCH_JOB_ARRAY_INDEX=0", None).contains("not how many there are"));
    }

    #[test]
    fn nothing_is_guessed() {
        assert!(told("", None).contains("no array job started this: neither SLURM_ARRAY_TASK_ID nor"));
        assert!(told("SLURM_ARRAY_TASK_ID= PLIMSOLL_SHARDS=4", Some(4)).contains("no array job started this"));
        for garbage in ["x", "-1", "1.5", "99999999999", "4294967296"] {
            let text = told(&format!("JOB_COMPLETION_INDEX={garbage}"), Some(4));
            assert!(
                text.contains(&format!("JOB_COMPLETION_INDEX is no number of an array job: \"{garbage}\"")),
                "{text}"
            );
        }
        assert!(told("JOB_COMPLETION_INDEX=1 PLIMSOLL_SHARDS=many", None).contains("PLIMSOLL_SHARDS is no number"));
        assert!(told("SLURM_ARRAY_TASK_ID=1", None).contains("but SLURM_ARRAY_TASK_MIN is not"));
        // Ids such as 1,2,5: 3 tasks, but not in even steps.
        assert!(told(&slurm("2", "1", "5", "3", "1"), None).contains("number the tasks evenly"));
        assert!(told(&slurm("2", "1", "5", "0", "1"), None).contains("number the tasks evenly"));
        assert!(told(&slurm("2", "1", "5", "3", "0"), None).contains("number the tasks evenly"));
        assert!(told(&slurm("2", "5", "1", "3", "2"), None).contains("number the tasks evenly"));
        assert!(told(&slurm("9", "1", "5", "3", "2"), None).contains("task 9 of those from 1 to 5 in steps of 2"));
        assert!(told(&slurm("2", "1", "5", "3", "2"), None).contains("task 2 of those from 1 to 5 in steps of 2"));
    }

    #[test]
    fn two_that_contradict_are_refused() {
        let both = |index: u32| format!("{} JOB_COMPLETION_INDEX={index}", slurm("2", "1", "4", "4", "1"));
        assert_eq!(told(&both(1), Some(4)), "2/4");
        assert!(
            told(&both(2), Some(4)).contains("Slurm says that this is shard 2/4, and Kubernetes that it is shard 3/4")
        );
        // A single task of an array that is started again would be the whole sweep.
        let again = told(&slurm("3", "3", "3", "1", "1"), Some(4));
        assert!(again.contains("--shards 4, but Slurm says SLURM_ARRAY_TASK_COUNT=1"), "{again}");
        assert!(again.contains("to repeat a single shard, say which shard it is: --shard 2/8"), "{again}");
    }
}
