//! One station of a closed network alone, all else as a delay: the rest of a cycle.
//!
//! With `N` users whose time away from the station is `Z` on average, and a station that works at the rate `mu(n)` on
//! `n` requests, the number there is the birth-death process with births `(N - n) / Z`. Exact for one station and
//! think time (the machine repairman: Kleinrock I, sec. 3.8); in a network the delay stands for all other stations, and
//! each of them for the rest in turn until they agree (surrogate delays: Jacobson & Lazowska 1982). Unlike
//! approximate mean value analysis (Bard 1979; Schweitzer 1979) with stations of several servers taken apart into a
//! queue and a delay (Seidmann et al. 1987), it stays right where many servers are nearly all busy. Times in seconds.
//! Refuses what is undetermined with `None`.

/// What a station does on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alone {
    /// Requests there.
    pub number: f64,
    /// Requests that are over per second.
    pub throughput: f64,
}

/// Numbers above which a state that is this much less probable than the likeliest ends the sum.
const NEGLIGIBLE: f64 = 1e-14;

/// `users` users, `away` seconds away on average; `rate(n)` requests per second are over while there are `n >= 1`. No
/// more than `room` are there at once: more wait elsewhere. `None` unless there are users, `away` is above 0 and rates are.
#[must_use]
pub fn alone(users: f64, away: f64, room: f64, rate: impl Fn(u32) -> f64) -> Option<Alone> {
    let valid = users > 0.0 && users.is_finite() && away > 0.0 && away.is_finite() && room >= 1.0;
    if !valid {
        return None;
    }
    let last = users.min(room).ceil().min(f64::from(u32::MAX)) as u32;
    let (mut weight, mut most) = (1.0f64, 1.0f64);
    let (mut sum, mut number, mut over) = (1.0, 0.0, 0.0);
    for n in 1..=last {
        let speed = rate(n);
        if speed.is_nan() || speed <= 0.0 {
            return None;
        }
        weight *= (users - f64::from(n - 1)).max(0.0) / away / speed;
        if weight > 1e200 {
            // Only ratios count.
            (sum, number, over, most) = (sum / weight, number / weight, over / weight, most / weight);
            weight = 1.0;
        }
        most = most.max(weight);
        sum += weight;
        number += weight * f64::from(n);
        over += weight * speed;
        if weight < most * NEGLIGIBLE {
            break;
        }
    }
    Some(Alone { number: number / sum, throughput: over / sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::finite_source::finite_source;

    #[test]
    fn one_station_is_the_machine_repairman() {
        for (users, servers, think) in [(1u32, 1u32, 1.0), (20, 4, 3.0), (500, 20, 0.9), (3000, 7, 2.0)] {
            let service = 0.05;
            let found = alone(f64::from(users), think, f64::INFINITY, |n| f64::from(n.min(servers)) / service).unwrap();
            let exact = finite_source(users, servers, think, service).unwrap();
            assert!((found.throughput / exact.throughput - 1.0).abs() < 1e-9, "{users} {servers}");
        }
    }

    #[test]
    fn room_keeps_the_others_out() {
        let found = alone(100.0, 0.001, 5.0, f64::from).unwrap();
        assert!((found.number - 5.0).abs() < 0.01 && found.number <= 5.0);
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert_eq!(alone(0.0, 1.0, 1.0, |_| 1.0), None);
        assert_eq!(alone(1.0, 0.0, 1.0, |_| 1.0), None);
        assert_eq!(alone(1.0, 1.0, 0.5, |_| 1.0), None);
        assert_eq!(alone(3.0, 1.0, 3.0, |_| 0.0), None);
    }
}
