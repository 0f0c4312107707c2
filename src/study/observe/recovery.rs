//! How long an event, or a spike of the load, is felt.
//!
//! The baseline is the minute before the event (less if the test is younger): the mean of the p95 of its
//! seconds, weighted by responses, and its share of failures. Ten seconds are *out* if the same mean is more
//! than 10 % above it, if their share of failures is more than a percentage point above it, or if nothing
//! was answered in them. The event is felt from the first ten seconds that are out, if they begin while it
//! lasts or within the minute after, until the first ten seconds that are not, behind the last that are while it lasts.
//!
//! A spike of the load is felt from its end until the first ten seconds that are not out; where nobody is
//! left behind it, those are out in which anything is answered.

use crate::compile::EventLabel;
use crate::load::Spike;
use crate::measure::Second;

/// Seconds of the baseline, of a moving window, and in which an event must show.
const BASELINE: usize = 60;
const WINDOW: usize = 10;
const SHOWS: f64 = 60.0;
/// How much worse than the baseline still counts as back: of the p95, and of the share of failures.
const SLOWER: f64 = 1.1;
const FAILS_MORE: f64 = 0.01;

/// p95, ns, and share of failures of some seconds; `None` if nothing was answered.
fn level(seconds: &[Second]) -> Option<(f64, f64)> {
    let sum = |of: &dyn Fn(&Second) -> f64| seconds.iter().filter(|second| second.completed > 0).map(of).sum::<f64>();
    let answered = sum(&|second| f64::from(second.completed));
    let slow = sum(&|second| f64::from(second.completed) * f64::from(second.p95));
    let failed = sum(&|second| f64::from(second.failed));
    (answered > 0.0).then(|| (slow / answered, failed / answered))
}

/// The level of the minute before a second.
fn before(seconds: &[Second], first: usize) -> Option<(f64, f64)> {
    level(&seconds[first.saturating_sub(BASELINE)..first])
}

/// Where ten seconds begin, from a second on.
fn windows(seconds: &[Second], first: usize) -> impl Iterator<Item = usize> + Clone {
    first..(seconds.len() + 1).saturating_sub(WINDOW).max(first)
}

/// Whether the ten seconds from `start` on are worse than this p95 and share of failures.
fn is_out(seconds: &[Second], start: usize, (p95, failed): (f64, f64)) -> bool {
    let now = level(&seconds[start..start + WINDOW]);
    now.is_none_or(|(slow, fails)| slow > p95 * SLOWER || fails > failed + FAILS_MORE)
}

/// Seconds from the end of a spike until it is felt no more; NaN if it is still felt when the test ends, or if there
/// is nothing to compare with.
#[must_use]
pub fn recovery_of_load(seconds: &[Second], spike: Spike) -> f64 {
    let [rises, over] = [spike.rises, spike.over].map(|at| (at.max(0.0) as usize).min(seconds.len()));
    let before = before(seconds, rises);
    let back = windows(seconds, over).find(|&start| match before {
        _ if spike.to_nothing => level(&seconds[start..start + WINDOW]).is_none(),
        Some(before) => !is_out(seconds, start, before),
        None => false,
    });
    back.map_or(f64::NAN, |back| (back as f64 - spike.over).max(0.0))
}

/// Seconds from the event until it is felt no more: 0 if it never is; NaN if it is still felt when the test ends;
/// `None` if nothing can be said, since the test has nothing before it or not ten seconds behind it.
#[must_use]
pub fn recovery(seconds: &[Second], event: &EventLabel) -> Option<f64> {
    let first = (event.at.max(0.0) as usize).min(seconds.len());
    let before = before(seconds, first)?;
    let is_out = |start: usize| is_out(seconds, start, before);
    let windows = windows(seconds, first);
    windows.clone().next()?;
    let over = event.at + event.lasts;
    let mut shown = windows.clone().take_while(|&start| start as f64 <= over + SHOWS);
    let Some(felt) = shown.find(|&start| is_out(start)) else { return Some(0.0) };
    // What lasts may come in several blows.
    let blows = windows.clone().take_while(|&start| start as f64 <= over).filter(|&start| is_out(start));
    let felt = blows.last().unwrap_or(felt).max(felt);
    let back = windows.skip_while(|&start| start <= felt).find(|&start| !is_out(start));
    Some(back.map_or(f64::NAN, |back| (back as f64 - event.at).max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten responses in each second with this p95, and so many of them failed.
    fn second((p95, failed): (f32, u32)) -> Second {
        Second { completed: 10, failed, p95, ..Second::default() }
    }

    fn felt(seconds: &[(f32, u32)], at: f64) -> f64 {
        let seconds: Vec<Second> = seconds.iter().copied().map(second).collect();
        recovery(&seconds, &EventLabel { at, lasts: 0.0, words: "kill app".into() }).expect("a baseline")
    }

    #[test]
    fn back_is_where_ten_seconds_are_no_worse_than_before() {
        let calm = [(100.0, 0); 60];
        let after = |bad: (f32, u32), count: usize, rest: usize| {
            let seconds = [calm.to_vec(), vec![bad; count], vec![(100.0, 0); rest]].concat();
            felt(&seconds, 60.0)
        };
        // Nothing worse than 10 % of the p95, or a point of failures.
        assert_eq!(after((109.0, 0), 30, 30), 0.0);
        // 12 bad seconds of 200: a window is back when it has no bad second among its ten (one would make it 110).
        assert_eq!(after((200.0, 0), 12, 30), 11.0);
        assert_eq!(after((201.0, 0), 12, 30), 12.0);
        // One failure among a hundred responses is one point, two are more.
        assert_eq!(after((100.0, 1), 1, 30), 0.0);
        assert_eq!(after((100.0, 1), 5, 30), 4.0);
        // Not back before the end.
        assert!(after((200.0, 0), 20, 5).is_nan());
        // Nothing before it, or too little behind it.
        let known = |at: f64| {
            let seconds: Vec<Second> = [(100.0, 0); 60].into_iter().map(second).collect();
            recovery(&seconds, &EventLabel { at, lasts: 0.0, words: "kill app".into() })
        };
        assert_eq!((known(0.0), known(55.0), known(300.0)), (None, None, None));
        assert_eq!(known(50.0), Some(0.0));
    }

    #[test]
    fn what_lasts_is_over_behind_its_last_blow() {
        let part = |bad: bool, count: usize| vec![second(if bad { (300.0, 0) } else { (100.0, 0) }); count];
        let seconds = [part(false, 60), part(true, 5), part(false, 15), part(true, 5), part(false, 40)].concat();
        let felt = |lasts: f64| recovery(&seconds, &EventLabel { at: 60.0, lasts, words: "deploy app".into() });
        assert_eq!((felt(0.0), felt(30.0)), (Some(5.0), Some(25.0)));
    }

    #[test]
    fn a_spike_is_over_when_ten_seconds_are_as_before_it() {
        let of = |parts: &[(&Second, usize)], to_nothing: bool| {
            let alike = |&(second, count): &(&Second, usize)| vec![second.clone(); count];
            let seconds: Vec<Second> = parts.iter().flat_map(alike).collect();
            recovery_of_load(&seconds, Spike { rises: 60.0, over: 90.0, to_nothing })
        };
        let (calm, slow) = (&second((100.0, 0)), &second((300.0, 0)));
        let idle = &Second { p95: f32::NAN, ..Second::default() };
        // Five slow seconds behind its end, seen until a window has none of them.
        assert_eq!(of(&[(calm, 60), (slow, 35), (calm, 30)], false), 5.0);
        assert_eq!(of(&[(calm, 60), (slow, 30), (calm, 30)], false), 0.0);
        assert!(of(&[(calm, 60), (slow, 60)], false).is_nan());
        // Nobody is left, or nothing is answered though they are.
        assert_eq!(of(&[(calm, 60), (slow, 33), (idle, 30)], true), 3.0);
        assert_eq!(of(&[(idle, 60), (slow, 33), (idle, 30)], true), 3.0);
        assert!(of(&[(calm, 60), (slow, 33), (idle, 30)], false).is_nan());
        assert!(of(&[(idle, 60), (slow, 60)], false).is_nan());
    }

    #[test]
    fn seconds_without_an_answer_are_out() {
        let mut seconds: Vec<Second> = [(100.0, 0); 100].into_iter().map(second).collect();
        seconds[60..75].fill(Second { p95: f32::NAN, ..Second::default() });
        let event = EventLabel { at: 60.0, lasts: 0.0, words: "stop database.main".into() };
        // From the sixth second on some of ten are answered, at the pace of before.
        assert_eq!(recovery(&seconds, &event), Some(6.0));
    }
}
