//! Operational laws: true of any measured system over any span in which as much went in as came out.
//!
//! They assume no distribution and no independence (Denning & Buzen 1978; Lazowska, Zahorjan, Graham
//! & Sevcik, Quantitative System Performance, ch. 3), which is why a recording can break them only
//! by being wrong. Times in seconds, rates per second. Refuses divisions by nothing with `None`.

/// Little's law: mean number inside = throughput x mean time inside.
#[must_use]
pub fn number_inside(throughput: f64, time_inside: f64) -> f64 {
    throughput * time_inside
}

/// Little's law read for the time: `None` unless the throughput is above 0.
#[must_use]
pub fn time_inside(number_inside: f64, throughput: f64) -> Option<f64> {
    (throughput > 0.0).then(|| number_inside / throughput)
}

/// Utilisation law: share of `servers` servers that is busy = throughput x demand / servers.
/// `None` unless `servers > 0`.
#[must_use]
pub fn utilisation(throughput: f64, demand: f64, servers: f64) -> Option<f64> {
    (servers > 0.0).then(|| throughput * demand / servers)
}

/// Utilisation law read for the demand, seconds of one server per request: `None` unless the
/// throughput is above 0.
#[must_use]
pub fn demand(utilisation: f64, servers: f64, throughput: f64) -> Option<f64> {
    time_inside(utilisation * servers, throughput)
}

/// Forced flow law: throughput of a station = throughput of the system x visits per request.
#[must_use]
pub fn forced_flow(throughput: f64, visits: f64) -> f64 {
    throughput * visits
}

/// Interactive response time law: `R = N / X - Z` for `users` users who think for `think`.
/// `None` unless the throughput is above 0.
#[must_use]
pub fn response_time(users: f64, throughput: f64, think: f64) -> Option<f64> {
    (throughput > 0.0).then(|| users / throughput - think)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_invert_each_other() {
        assert_eq!(time_inside(number_inside(250.0, 0.06), 250.0), Some(0.06));
        let used = utilisation(250.0, 0.006, 4.0).unwrap();
        assert!((demand(used, 4.0, 250.0).unwrap() - 0.006).abs() < 1e-15);
    }

    #[test]
    fn a_worked_example_of_the_book_holds() {
        // Lazowska et al., sec. 3.3: 64 users think 30 s, 2 interactions/s: they wait 2 s.
        assert_eq!(response_time(64.0, 2.0, 30.0), Some(2.0));
        assert_eq!(forced_flow(2.0, 20.0), 40.0);
    }

    #[test]
    fn nothing_flowing_has_no_time() {
        assert_eq!(time_inside(1.0, 0.0), None);
        assert_eq!(utilisation(1.0, 1.0, 0.0), None);
        assert_eq!(response_time(5.0, 0.0, 1.0), None);
    }
}
