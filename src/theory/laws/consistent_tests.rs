//! Recordings made from first principles, printed with few digits: no law may object.
//!
//! A test in steady state: users who think, two endpoints with exponential response times, a
//! processor, a pool with a queue and a time-out, failures that vary by window, a flow of steps.
//! A second test of the same system with fewer users is the calibration.

use super::tests::recording;
use super::*;
use proptest::prelude::*;

/// What a steady test is made of; everything recorded follows.
#[derive(Clone, Debug)]
struct Truth {
    users: f64,
    think: f64,
    duration: f64,
    /// Mean response time of each endpoint, and the share of the first.
    means: [f64; 2],
    first: f64,
    /// Share of requests that fail in each third of the test.
    failing: [f64; 3],
    cpu_per_request: f64,
    hold: f64,
    waiting: f64,
    timeout: f64,
    /// Significant digits with which figures are printed, 2 or more.
    digits: usize,
}

impl Truth {
    fn mean(&self) -> f64 {
        self.first * self.means[0] + (1.0 - self.first) * self.means[1]
    }

    fn throughput(&self) -> f64 {
        self.users / (self.think + self.mean())
    }

    fn load(&self) -> Load {
        Load {
            duration_s: self.duration,
            grace_s: 30.0,
            users: Some(Users {
                seconds: self.users * self.duration,
                peak: self.users,
                think_s: self.think,
                most_think_s: None,
            }),
            peak_rate: None,
            level: None,
            requests_per_iteration: (0.0, f64::INFINITY),
        }
    }

    /// Share of requests that take longer than `t` seconds.
    fn tail(&self, t: f64) -> f64 {
        self.first * (-t / self.means[0]).exp() + (1.0 - self.first) * (-t / self.means[1]).exp()
    }

    fn percentile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (0.0, 100.0 * (self.means[0] + self.means[1]));
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if self.tail(middle) > 1.0 - p { low = middle } else { high = middle }
        }
        high
    }

    fn print(&self, value: f64) -> String {
        format!("{:.*e}", self.digits - 1, value).parse::<f64>().unwrap().to_string()
    }

    fn recorded(&self) -> Recording {
        let mut rows = Vec::new();
        let mut row = |key: &str, value: String, unit: &str| rows.push(format!("{key},{value},{unit}"));
        let requests = (self.throughput() * self.duration).round();
        self.requests(requests, &mut row);
        self.failures(requests, &mut row);
        self.latencies(&mut row);
        let busy = |per_request: f64| self.throughput() * per_request;
        row("cpu,app,avg,", self.print(100.0 * busy(self.cpu_per_request) / 4.0), "%");
        row("cpu,app,max,", self.print(105.0 * busy(self.cpu_per_request) / 4.0), "%");
        row("connections_active,main,avg,", self.print(busy(self.hold)), "1");
        row("connections_waiting,main,avg,", self.print(self.waiting), "1");
        row("flow_success,f,rate,", self.print(98.2 * 0.978), "%");
        row("step_success,f x,rate,", self.print(98.2), "%");
        row("step_success,f y,rate,", self.print(97.8), "%");
        for (scope, seconds) in [("f x", self.means[0]), ("f y", self.means[1])] {
            row(&format!("step_duration,{scope},avg,"), self.print(seconds * 1e3), "ms");
        }
        row("flow_duration,f,avg,", self.print((self.means[0] + self.means[1]) * 1e3), "ms");
        recording(&rows.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn requests(&self, requests: f64, row: &mut impl FnMut(&str, String, &str)) {
        row("http_reqs,,count,", requests.to_string(), "1");
        row("http_reqs,,rate,", self.print(self.throughput()), "1/s");
        let first = (requests * self.first).round();
        row("http_reqs,a,count,", first.to_string(), "1");
        row("http_reqs,b,count,", (requests - first).to_string(), "1");
        row("data_received,,count,", self.print(requests * 0.013), "MB");
        row("data_received,,rate,", self.print(self.throughput() * 0.013), "MB/s");
    }

    fn failures(&self, requests: f64, row: &mut impl FnMut(&str, String, &str)) {
        let third = self.duration / 3.0;
        let mut errors = 0.0;
        for (i, share) in self.failing.iter().enumerate() {
            let window = format!("{}-{}", i as f64 * third, (i + 1) as f64 * third);
            let here = (requests / 3.0 * share).round();
            errors += here;
            row(&format!("errors,,count,{window}"), here.to_string(), "1");
            row(&format!("http_req_failed,,rate,{window}"), self.print(300.0 * here / requests), "%");
        }
        // Nobody can have waited longer in all than there was queue and time.
        let timed_out = (0.9 * self.waiting * self.duration / self.timeout).min(errors).floor();
        row("errors,,count,", errors.to_string(), "1");
        row("errors,acquire_timeout,count,", timed_out.to_string(), "1");
        row("errors,intrinsic,count,", (errors - timed_out).to_string(), "1");
        row("http_req_failed,,rate,", self.print(100.0 * errors / requests), "%");
    }

    fn latencies(&self, row: &mut impl FnMut(&str, String, &str)) {
        row("http_req_duration,,avg,", self.print(self.mean() * 1e3), "ms");
        for (name, p) in [("p10", 0.1), ("med", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
            row(&format!("http_req_duration,,{name},"), self.print(self.percentile(p) * 1e3), "ms");
            for (scope, mean) in [("a", self.means[0]), ("b", self.means[1])] {
                let own = -mean * (1.0_f64 - p).ln();
                row(&format!("http_req_duration,{scope},{name},"), self.print(own * 1e3), "ms");
            }
        }
        let edges = [0.0, 50.0, 100.0, 200.0, f64::INFINITY];
        for pair in edges.windows(2) {
            let share = self.tail(pair[0] / 1e3) - self.tail(pair[1] / 1e3);
            row(&format!("latency_share,{}..{} ms,share,", pair[0], pair[1]), format!("{:.1}", share * 100.0), "%");
        }
    }
}

fn truths() -> impl Strategy<Value = Truth> {
    let load = (10.0..500.0_f64, 0.1..3.0_f64, 120.0..2000.0_f64);
    let work = (0.005..0.6_f64, 0.005..0.6_f64, 0.1..0.9_f64);
    let failing = prop::array::uniform3(0.0..0.09_f64);
    let resources = (0.05..0.9_f64, 0.05..0.95_f64, 0.0..60.0_f64, 0.3..1.0_f64);
    (load, work, failing, resources, 2..6_usize).prop_map(|(load, work, failing, resources, digits)| {
        let mut truth = Truth {
            users: load.0.round(),
            think: load.1,
            duration: load.2.round(),
            means: [work.0, work.1],
            first: work.2,
            failing,
            cpu_per_request: 0.0,
            hold: 0.0,
            waiting: resources.2,
            timeout: 0.0,
            digits,
        };
        truth.cpu_per_request = resources.0 * 4.0 / truth.throughput();
        truth.hold = resources.1 * 20.0 / truth.throughput();
        // First come first served: a time-out that the queue can reach.
        truth.timeout = resources.3 * (truth.waiting + 1.0) / truth.throughput();
        truth
    })
}

proptest! {
    #[test]
    fn consistent_recordings_are_not_accused(truth in truths(), fewer in 0.1..1.0_f64, quicker in 0.5..1.0_f64) {
        let recorded = truth.recorded();
        // The same system under less load: nothing takes longer.
        let mut light = truth.clone();
        light.users = (truth.users * fewer * quicker).floor().max(1.0);
        light.means = truth.means.map(|mean| mean * quicker);
        light.hold = truth.hold * quicker;
        let calibrated = light.recorded();
        let calibrations = [Calibration { recording: &calibrated, load: light.load() }];
        let mut system = super::tests::system();
        system.pools[0].acquire_timeout_s = Some(truth.timeout);
        let facts = Facts { recording: &recorded, load: truth.load(), system: &system, calibrations: &calibrations };
        prop_assert_eq!(contradictions(&facts), vec![]);
    }
}
