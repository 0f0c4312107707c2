//! Closed product-form networks, solved exactly: one or several classes of users, think time,
//! queueing stations of one or more servers.
//!
//! Holds for processor sharing with any law of service, and for first come first served if service
//! is exponential with the same mean for every class (Baskett, Chandy, Muntz & Palacios 1975).
//! Solved by convolution (Buzen 1973; Reiser & Kobayashi 1975) and not by mean value analysis:
//! with several servers MVA subtracts probabilities that nearly add up to 1 and loses all digits
//! near saturation, while convolution only adds positive terms, here kept as logarithms. The price:
//! time grows with the square of the number of populations. Refuses networks that are too large
//! ([`MAX_POPULATIONS`]) or undetermined with `None`.

/// Product over classes of (users + 1) beyond which solving would take minutes.
pub const MAX_POPULATIONS: usize = 20_000;

/// A queueing station.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Seconds of one server per request, over all its visits, by class; not negative.
    pub demands: Vec<f64>,
    pub servers: Servers,
}

/// How many requests a station serves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// At least 1.
    Count(u32),
    /// All: nobody waits.
    Unlimited,
}

/// Long-run means. Outer index: station; inner index: class.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Requests per second, by class.
    pub throughput: Vec<f64>,
    /// Seconds from request to answer, by class; 0 for a class without users.
    pub response: Vec<f64>,
    /// Seconds at the station per request, all visits, waiting included.
    pub residence: Vec<Vec<f64>>,
    /// Requests at the station, waiting or in service.
    pub number: Vec<Vec<f64>>,
    /// Share of the station's servers that is busy (mean number in service if unlimited).
    pub utilisation: Vec<f64>,
}

/// Exact solution for `users[r]` users of class `r`, who think for `think[r]` seconds between
/// requests.
///
/// With `F_i(n)` the weight of `n = (n_1 .. n_R)` requests at station `i`,
/// `F_i(n) = |n|! / (n_1! .. n_R!) * product of D_ir^n_r / product over j <= |n| of min(j, c_i)`,
/// and `G` the convolution of all `F_i`: `X_r = G(N - 1_r) / G(N)`, and the number at station `i`
/// is `sum of n F_i(n) G_without_i(N - n) / G(N)`.
///
/// `None` if lengths differ, a time is negative or no number, a class with users needs neither time
/// to think nor service, nobody is there, or there are too many populations.
#[must_use]
pub fn closed(stations: &[Station], think: &[f64], users: &[u32]) -> Option<Solution> {
    let lattice = Lattice::new(users)?;
    if !valid(stations, think, users) {
        return None;
    }
    // Thinking is one more station, the first.
    let thinking = Station { demands: think.to_vec(), servers: Servers::Unlimited };
    let weights: Vec<Vec<f64>> =
        std::iter::once(&thinking).chain(stations).map(|station| lattice.weights(station)).collect();

    let mut before = vec![lattice.empty()];
    for weight in &weights {
        let next = lattice.convolve(before.last()?, weight);
        before.push(next);
    }
    let all = before.last()?;
    let full = lattice.points.len() - 1;
    let throughput: Vec<f64> = (0..users.len())
        .map(|class| if users[class] == 0 { 0.0 } else { (all[full - lattice.strides[class]] - all[full]).exp() })
        .collect();

    let mut number = vec![vec![0.0; users.len()]; stations.len()];
    let mut after = lattice.empty();
    for i in (0..stations.len()).rev() {
        // `before[i + 1]` holds thinking and the stations before this one.
        let others = lattice.convolve(&before[i + 1], &after);
        for (at, point) in lattice.points.iter().enumerate() {
            let p = (weights[i + 1][at] + others[full - at] - all[full]).exp();
            for (class, n) in point.iter().enumerate() {
                number[i][class] += p * f64::from(*n);
            }
        }
        after = lattice.convolve(&after, &weights[i + 1]);
    }
    Some(summary(stations, think, users, throughput, number))
}

fn summary(
    stations: &[Station],
    think: &[f64],
    users: &[u32],
    throughput: Vec<f64>,
    number: Vec<Vec<f64>>,
) -> Solution {
    let per_request = |n: f64, class: usize| if users[class] == 0 { 0.0 } else { n / throughput[class] };
    let residence: Vec<Vec<f64>> = number
        .iter()
        .map(|by_class| by_class.iter().enumerate().map(|(class, n)| per_request(*n, class)).collect())
        .collect();
    let response = (0..users.len())
        .map(|class| if users[class] == 0 { 0.0 } else { f64::from(users[class]) / throughput[class] - think[class] })
        .collect();
    let utilisation = stations
        .iter()
        .map(|station| {
            let busy: f64 = station.demands.iter().zip(&throughput).map(|(demand, x)| demand * x).sum();
            match station.servers {
                Servers::Count(servers) => busy / f64::from(servers),
                Servers::Unlimited => busy,
            }
        })
        .collect();
    Solution { throughput, response, residence, number, utilisation }
}

fn valid(stations: &[Station], think: &[f64], users: &[u32]) -> bool {
    let time = |t: &f64| *t >= 0.0 && t.is_finite();
    let shaped = |station: &Station| {
        station.demands.len() == users.len() && station.demands.iter().all(time) && station.servers != Servers::Count(0)
    };
    let occupied = |class: usize| think[class] > 0.0 || stations.iter().any(|station| station.demands[class] > 0.0);
    think.len() == users.len()
        && think.iter().all(time)
        && stations.iter().all(shaped)
        && users.iter().any(|n| *n > 0)
        && (0..users.len()).all(|class| users[class] == 0 || occupied(class))
}

/// All populations from nobody to everybody, in mixed-radix order: the index of a sum of two
/// populations is the sum of their indices.
struct Lattice {
    points: Vec<Vec<u32>>,
    strides: Vec<usize>,
}

impl Lattice {
    fn new(users: &[u32]) -> Option<Lattice> {
        let mut strides = Vec::with_capacity(users.len());
        let mut size = 1_usize;
        for n in users {
            strides.push(size);
            size = size.checked_mul(*n as usize + 1).filter(|size| *size <= MAX_POPULATIONS)?;
        }
        let digit = |at: usize, class: usize| (at / strides[class] % (users[class] as usize + 1)) as u32;
        let points = (0..size).map(|at| (0..users.len()).map(|class| digit(at, class)).collect()).collect();
        Some(Lattice { points, strides })
    }

    /// Logarithms of the weights of a station that is never visited: nobody there, surely.
    fn empty(&self) -> Vec<f64> {
        let mut logs = vec![f64::NEG_INFINITY; self.points.len()];
        if let Some(first) = logs.first_mut() {
            *first = 0.0;
        }
        logs
    }

    /// Logarithms of `F_i(n)` (see [`closed`]).
    fn weights(&self, station: &Station) -> Vec<f64> {
        let most: u32 = self.points.last().map_or(0, |all| all.iter().sum());
        let mut factorials = vec![0.0; most as usize + 1];
        let mut speeds = factorials.clone();
        for j in 1..=most {
            let working = match station.servers {
                Servers::Count(servers) => j.min(servers),
                Servers::Unlimited => j,
            };
            factorials[j as usize] = factorials[j as usize - 1] + f64::from(j).ln();
            speeds[j as usize] = speeds[j as usize - 1] + f64::from(working).ln();
        }
        let weight = |point: &Vec<u32>| {
            let inside = point.iter().sum::<u32>() as usize;
            point.iter().zip(&station.demands).fold(factorials[inside] - speeds[inside], |log, (n, demand)| {
                if *n == 0 { log } else { log + f64::from(*n) * demand.ln() - factorials[*n as usize] }
            })
        };
        self.points.iter().map(weight).collect()
    }

    fn convolve(&self, a: &[f64], b: &[f64]) -> Vec<f64> {
        let mut terms = Vec::with_capacity(self.points.len());
        (0..self.points.len())
            .map(|at| {
                terms.clear();
                terms.extend((0..=at).filter(|part| self.within(*part, at)).map(|part| a[part] + b[at - part]));
                log_sum(&terms)
            })
            .collect()
    }

    fn within(&self, part: usize, whole: usize) -> bool {
        self.points[part].iter().zip(&self.points[whole]).all(|(a, b)| a <= b)
    }
}

/// Logarithm of the sum of exponentials, without overflow.
fn log_sum(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
#[path = "networks_tests.rs"]
mod tests;
