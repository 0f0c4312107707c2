//! `plimsoll merge`.
//!
//! Lines are put in order and never written anew, so what is joined has the bytes that one machine would have
//! written. Nothing is joined that cannot lie side by side.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use super::args::MergeArgs;
use super::exit::Exit;
use super::output::{complain, only, same, say, write_whole};
use super::results_file::{Difference, Header, Kept, NO_RESULTS, difference, first, kept, line, whole};
use super::sweep::MOST_POINTS;
use crate::problem::{Problem, Problems, plural};
use crate::study::sweep::Shard;
use crate::study::sweep::shard::grid;

/// Missing points that are named.
const MOST_NAMED: usize = 10;

/// A file as it is.
#[derive(Clone, Debug)]
pub struct Text {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What files hold of a sweep.
struct Joined<'t> {
    parts: Vec<Part<'t>>,
    /// All points of the sweep, in order.
    grid: Vec<Vec<String>>,
    points: BTreeMap<Vec<String>, Place<'t>>,
}

/// A file that holds a part of a sweep.
struct Part<'t> {
    name: &'t str,
    header: Header,
    shard: Shard,
    /// The lines of its points.
    rest: &'t [u8],
}

/// The line of a point, and where it stands.
struct Place<'t> {
    bytes: &'t [u8],
    name: &'t str,
    line: u64,
}

pub(super) fn merge(args: &MergeArgs) -> Exit {
    match merged(args) {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Failed,
        Err(problems) => complain(&problems),
    }
}

/// Writes, and says whether all points are there.
fn merged(args: &MergeArgs) -> Result<bool, Problems> {
    let texts = read(args)?;
    let joined = joined(&texts, &args.out)?;
    let lines = joined.lines();
    let Joined { parts, grid, points } = joined;
    spare(&args.out, &lines)?;
    write_whole(&args.out, &lines.concat())?;
    for text in &texts {
        match whole(&text.bytes).len() {
            0 => say(&format!("{}: has no whole line; nothing is taken from it", text.name)),
            end if end < text.bytes.len() => {
                say(&format!("{}: its last line was not written to its end; it is left out", text.name));
            }
            _ => {}
        }
    }
    let missing: Vec<(usize, &Vec<String>)> =
        grid.iter().enumerate().filter(|(_, at)| !points.contains_key(*at)).collect();
    let name = args.out.display();
    if missing.is_empty() {
        say(&format!(
            "{name}: all {} {}; next: the sweep with --results {name} and without --shard",
            grid.len(),
            plural(grid.len(), "point")
        ));
        return Ok(true);
    }
    say(&format!("{name}: {} of {} {}", points.len(), grid.len(), plural(grid.len(), "point")));
    say(&told(&missing, &parts));
    say(&format!(
        "finish the shards and merge again, or let the sweep with --results {name} and without --shard do them"
    ));
    Ok(false)
}

/// The file that holds all that these files of shards hold, as its lines; `out` is only for people.
///
/// # Errors
/// All that keeps the files from being joined.
pub fn merged_lines(texts: &[Text], out: &Path) -> Result<Vec<Vec<u8>>, Problems> {
    Ok(joined(texts, out)?.lines())
}

/// What the files hold, if they can lie side by side.
fn joined<'t>(texts: &'t [Text], out: &Path) -> Result<Joined<'t>, Problems> {
    let parts = parts(texts)?;
    let Some(first) = parts.first() else {
        let what = "no file named after it has a whole line: there is nothing to join";
        return Err(only(Problem::whole(out.display().to_string(), what)));
    };
    let axes: Vec<&[String]> = first.header.grid.iter().flatten().map(Vec::as_slice).collect();
    let grid = grid(&axes);
    let points = join(&parts, &grid)?;
    Ok(Joined { parts, grid, points })
}

impl Joined<'_> {
    /// Those of the file that holds all of it.
    fn lines(&self) -> Vec<Vec<u8>> {
        let header = self.parts.first().map(|part| Header { shard: None, grid: None, ..part.header.clone() });
        let points = self.grid.iter().filter_map(|at| self.points.get(at)).map(|place| place.bytes.to_vec());
        header.iter().map(line).chain(points).collect()
    }
}

fn read(args: &MergeArgs) -> Result<Vec<Text>, Problems> {
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    for path in &args.parts {
        let name = path.display().to_string();
        if same(path, &args.out) {
            let hint = "the first file named is the one that is written: plimsoll merge OUT IN...";
            problems.push(Problem::whole(name, "is read as well, and would be overwritten").with_hint(hint));
            continue;
        }
        match std::fs::read(path) {
            Ok(bytes) => texts.push(Text { name, bytes }),
            Err(error) => problems.push(Problem::whole(name, format!("cannot be read: {error}"))),
        }
    }
    Problems::of(problems).map_or(Ok(texts), Err)
}

/// The files that have a whole line: all of the same sweep.
fn parts(texts: &[Text]) -> Result<Vec<Part<'_>>, Problems> {
    let (mut parts, mut problems): (Vec<Part>, Vec<Problem>) = (Vec::new(), Vec::new());
    for text in texts {
        let refused =
            |what: &str| Problem::whole(&text.name, what).with_hint("name files that were written with --shard");
        let whole = whole(&text.bytes);
        if whole.is_empty() {
            continue;
        }
        let Some((header, rest)) = first(whole) else {
            problems.push(refused(NO_RESULTS));
            continue;
        };
        let (Some(shard), true) = (header.shard, has_grid(&header)) else {
            problems.push(refused("is not the file of a shard"));
            continue;
        };
        if let Some(reference) = parts.first()
            && let Some(different) = difference(&of_any_shard(&header), &of_any_shard(&reference.header))
        {
            let what = match different {
                Difference::In { word, theirs, ours } => {
                    format!("is of another sweep: {word} {theirs} here, {ours} in {}", reference.name)
                }
                Difference::Model => format!("is of another state of the model than {}", reference.name),
            };
            problems.push(Problem::whole(&text.name, what));
            continue;
        }
        parts.push(Part { name: &text.name, header, shard, rest });
    }
    Problems::of(problems).map_or(Ok(parts), Err)
}

/// Whether its values make a grid of a size that a sweep may have.
fn has_grid(header: &Header) -> bool {
    let Some(values) = &header.grid else { return false };
    let count = values.iter().fold(1usize, |count, values| count.saturating_mul(values.len()));
    values.len() == header.vary.len() && (1..=MOST_POINTS).contains(&count)
}

/// What the files of all shards have in common.
fn of_any_shard(header: &Header) -> Header {
    Header { shard: None, ..header.clone() }
}

/// The points of all files by their values. Those of several files have to be the same in each.
fn join<'t>(parts: &[Part<'t>], grid: &[Vec<String>]) -> Result<BTreeMap<Vec<String>, Place<'t>>, Problems> {
    let places: BTreeMap<&[String], usize> = grid.iter().map(Vec::as_slice).zip(0..).collect();
    let (mut points, mut problems) = (BTreeMap::<Vec<String>, Place>::new(), Vec::new());
    for part in parts {
        for found in kept(part.rest, &part.header, part.name) {
            let Kept { point, bytes, line } = match found {
                Ok(found) => found,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let mut refuse = |what: String| problems.push(Problem::line(part.name, line, None, what));
            match places.get(point.at.as_slice()) {
                None => refuse(format!("{} is no point of the grid", words(&part.header, &point.at))),
                Some(place) if !part.shard.has(*place) => {
                    let (at, shard) = (words(&part.header, &point.at), part.shard.at(*place));
                    refuse(format!("{at} belongs to shard {shard}, and this is the file of {}", part.shard));
                }
                Some(_) => match points.entry(point.at) {
                    Entry::Vacant(free) => {
                        free.insert(Place { bytes, name: part.name, line });
                    }
                    Entry::Occupied(taken) if taken.get().bytes != bytes => {
                        let Place { name, line, .. } = taken.get();
                        let at = words(&part.header, taken.key());
                        refuse(format!("{at} is not the same as in line {line} of {name}"));
                    }
                    Entry::Occupied(_) => {}
                },
            }
        }
    }
    Problems::of(problems).map_or(Ok(points), Err)
}

/// Refuses to replace a file that has something which is not in what is written: work that nobody could get back.
fn spare(out: &Path, lines: &[Vec<u8>]) -> Result<(), Problems> {
    let refused = |what: String| {
        let hint = "the first file named is the one that is written: plimsoll merge OUT IN...";
        Err(only(Problem::whole(out.display().to_string(), what).with_hint(hint)))
    };
    if out.metadata().is_ok_and(|there| !there.is_file()) {
        return refused("is no plain file".to_owned());
    }
    let there = match std::fs::read(out) {
        Ok(there) => there,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return refused(format!("cannot be replaced: {error}")),
    };
    let written: std::collections::BTreeSet<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    let torn = &there[whole(&there).len()..];
    let mut pieces = whole(&there).split_inclusive(|byte| *byte == b'\n');
    if pieces.all(|piece| written.contains(piece)) && written.iter().any(|line| line.starts_with(torn)) {
        return Ok(());
    }
    refused("exists already, and has lines that would be lost".to_owned())
}

/// The points that are missing, the first of them by their values, with the shard that each belongs to.
fn told(missing: &[(usize, &Vec<String>)], parts: &[Part]) -> String {
    let shard = parts.first().map(|part| part.shard);
    let alike = shard.filter(|shard| parts.iter().all(|part| part.shard.count() == shard.count()));
    let mut text = format!("missing: {}", missing.len());
    for (place, at) in missing.iter().take(MOST_NAMED) {
        text += &format!("\n  {}", parts.first().map_or(String::new(), |part| words(&part.header, at)));
        if let Some(shard) = alike {
            text += &format!("  (shard {})", shard.at(*place));
        }
    }
    if missing.len() > MOST_NAMED {
        text += &format!("\n  and {} more", missing.len() - MOST_NAMED);
    }
    text
}

/// "pool.main.max=20, users=100".
fn words(header: &Header, at: &[String]) -> String {
    header.vary.iter().zip(at).map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(", ")
}
