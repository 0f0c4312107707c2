//! Closed networks against published exact solutions, mean value analysis and the pool formula.

use super::*;
use crate::theory::finite_source::finite_source;

fn near(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{ours} is not {theirs}");
}

fn single(demand: f64) -> Station {
    Station { demands: vec![demand], servers: Servers::Count(1) }
}

/// Slow twin: exact mean value analysis, stations of one server (Reiser & Lavenberg 1980).
fn mean_value_analysis(demands: &[f64], think: f64, users: u32) -> (f64, Vec<f64>) {
    let mut number = vec![0.0; demands.len()];
    let mut throughput = 0.0;
    for n in 1..=users {
        let residence: Vec<f64> = demands.iter().zip(&number).map(|(d, q)| d * (1.0 + q)).collect();
        throughput = f64::from(n) / (think + residence.iter().sum::<f64>());
        number = residence.iter().map(|r| r * throughput).collect();
    }
    (throughput, number)
}

#[test]
fn agrees_with_the_published_interactive_system() {
    let table = include_str!("../../tests/theory_tables/closed_interactive_jmva_lazowska.csv");
    let stations = [single(0.605), single(2.1), single(1.35)];
    let mut rows = 0;
    for line in table.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let solution = closed(&stations, &[15.0], &[cells[0] as u32]).unwrap();
        near(solution.throughput[0], cells[1], 1e-11);
        near(solution.response[0], cells[5], 1e-10);
        for station in 0..3 {
            near(solution.residence[station][0], cells[2 + station], 1e-10);
            near(solution.utilisation[station], cells[6 + station], 1e-11);
        }
        rows += 1;
    }
    assert_eq!(rows, 10);
}

#[test]
fn agrees_with_mean_value_analysis_far_into_saturation() {
    let demands = [0.004, 0.02, 0.007, 0.0199];
    let stations: Vec<Station> = demands.iter().map(|demand| single(*demand)).collect();
    for users in [1, 10, 100, 600] {
        let (throughput, number) = mean_value_analysis(&demands, 0.84, users);
        let solution = closed(&stations, &[0.84], &[users]).unwrap();
        near(solution.throughput[0], throughput, 1e-9);
        for (ours, theirs) in solution.number.iter().zip(&number) {
            near(ours[0], *theirs, 1e-8);
        }
    }
}

#[test]
fn one_pool_agrees_with_the_finite_source_formula() {
    // Load-dependent mean value analysis is known to break down here: many servers, saturated.
    for (users, servers) in [(3, 5), (40, 10), (500, 20), (500, 60), (1_000, 200)] {
        let exact = finite_source(users, servers, 0.84, 0.048).unwrap();
        let station = Station { demands: vec![0.048], servers: Servers::Count(servers) };
        let solution = closed(&[station], &[0.84], &[users]).unwrap();
        near(solution.throughput[0], exact.throughput, 1e-9);
        near(solution.residence[0][0], exact.response, 1e-9);
        near(solution.utilisation[0], exact.busy / f64::from(servers), 1e-9);
    }
}

#[test]
fn everybody_is_somewhere() {
    let stations = [
        Station { demands: vec![0.2, 0.1, 0.0], servers: Servers::Count(2) },
        Station { demands: vec![0.0, 0.3, 0.5], servers: Servers::Count(1) },
        Station { demands: vec![1.0, 0.1, 0.2], servers: Servers::Unlimited },
    ];
    let (think, users) = ([2.0, 0.0, 1.0], [5, 4, 3]);
    let solution = closed(&stations, &think, &users).unwrap();
    for class in 0..3 {
        let inside: f64 = solution.number.iter().map(|by_class| by_class[class]).sum();
        near(inside + solution.throughput[class] * think[class], f64::from(users[class]), 1e-10);
        near(solution.residence[2][class], stations[2].demands[class], 1e-10);
    }
}

#[test]
fn classes_that_are_alike_are_one_class() {
    let pair = |demand: f64| Station { demands: vec![demand, demand], servers: Servers::Count(3) };
    let one = |demand: f64| Station { demands: vec![demand], servers: Servers::Count(3) };
    let split = closed(&[pair(0.3), pair(0.1)], &[1.0, 1.0], &[9, 4]).unwrap();
    let whole = closed(&[one(0.3), one(0.1)], &[1.0], &[13]).unwrap();
    near(split.throughput[0] + split.throughput[1], whole.throughput[0], 1e-10);
    near(split.response[1], whole.response[0], 1e-10);
}

/// Value of a metric in the published multi-class solutions (four digits).
fn published(case: &str, metric: &str) -> f64 {
    include_str!("../../tests/theory_tables/multiclass_networks_qnap2.csv")
        .lines()
        .filter_map(|line| line.strip_prefix(case).and_then(|rest| rest.strip_prefix(',')))
        .find_map(|line| line.rsplit_once(',').filter(|(head, _)| head.ends_with(&format!(",{metric}"))))
        .map(|(_, value)| value.parse().unwrap())
        .unwrap()
}

/// Half a unit in the fourth digit, or a little more, relative.
const FOUR_DIGITS: f64 = 6e-4;

#[test]
fn agrees_with_two_published_classes() {
    let station = Station { demands: vec![1.0, 1.0], servers: Servers::Count(1) };
    let solution = closed(&[station], &[8.0, 0.0], &[8, 1]).unwrap();
    near(solution.throughput[0], published("2-class", "X_C1"), FOUR_DIGITS);
    near(solution.throughput[1], published("2-class", "X_C2"), FOUR_DIGITS);
    near(solution.residence[0][0], published("2-class", "R_S2_C1"), FOUR_DIGITS);
    near(solution.residence[0][1], published("2-class", "R_S2_C2"), FOUR_DIGITS);
}

#[test]
fn agrees_with_published_classes_on_several_servers() {
    let (to_first, to_second) = (0.83333, 0.16667);
    let stations = [
        Station { demands: vec![1.3333, to_first * 0.46], servers: Servers::Count(1) },
        Station { demands: vec![0.0, to_second * 2.0], servers: Servers::Count(3) },
    ];
    let solution = closed(&stations, &[1.0, 0.4], &[4, 3]).unwrap();
    near(solution.throughput[0], published("multiserver", "X_Chain01"), FOUR_DIGITS);
    near(solution.throughput[1], published("multiserver", "X_Chain02"), FOUR_DIGITS);
    near(solution.residence[0][0], published("multiserver", "R_Queue1_Chain01"), FOUR_DIGITS);
    near(solution.residence[0][1] / to_first, published("multiserver", "R_Queue1_Chain02"), FOUR_DIGITS);
    near(solution.residence[1][1] / to_second, published("multiserver", "R_Queue2_Chain02"), FOUR_DIGITS);
}

#[test]
fn agrees_with_published_classes_of_seventy_users() {
    // One visit of WS in six goes back to the users, so 6 visits per interaction, 2 of which lead to
    // DB and 3 to Disk1; one visit of DB in six goes back to WS, so 12, 4 lead to Disk2, 6 to Disk3.
    let (ws, db) = (6.0, 12.0);
    let stations = [
        Station { demands: vec![ws * 0.04, ws * 0.01], servers: Servers::Count(1) },
        Station { demands: vec![db * 0.001, db * 0.002], servers: Servers::Count(1) },
        Station { demands: vec![3.0 * 0.005; 2], servers: Servers::Count(1) },
        Station { demands: vec![4.0 * 0.004; 2], servers: Servers::Count(1) },
        Station { demands: vec![6.0 * 0.004; 2], servers: Servers::Count(1) },
    ];
    let solution = closed(&stations, &[2.0, 5.0], &[20, 50]).unwrap();
    near(solution.throughput[0], published("complex", "X_Class1"), FOUR_DIGITS);
    near(solution.throughput[1], published("complex", "X_Class2"), FOUR_DIGITS);
    near(solution.residence[0][0] / ws, published("complex", "R_WS_Class1_per_visit"), FOUR_DIGITS);
    near(solution.residence[0][1] / ws, published("complex", "R_WS_Class2_per_visit"), FOUR_DIGITS);
    near(solution.residence[1][0] / db, published("complex", "R_DB_Class1_per_visit"), FOUR_DIGITS);
    near(solution.residence[1][1] / db, published("complex", "R_DB_Class2_per_visit"), FOUR_DIGITS);
    // Published for both classes together.
    let visits = 3.0 * solution.throughput.iter().sum::<f64>();
    let disk: f64 = solution.number[2].iter().sum();
    near(disk / visits, published("complex", "R_Disk1_per_visit"), FOUR_DIGITS);
}

#[test]
fn agrees_with_published_terminals() {
    let stations = [single(10.0 * 0.2), single(3.0 * 0.08), single(6.0 * 0.1)];
    let solution = closed(&stations, &[30.0], &[5]).unwrap();
    near(solution.throughput[0], published("qnap-intro-1", "X_terminal"), FOUR_DIGITS);
    near(solution.residence[0][0] / 10.0, published("qnap-intro-1", "R_cpu_per_visit"), FOUR_DIGITS);
    near(solution.residence[1][0] / 3.0, published("qnap-intro-1", "R_disk1_per_visit"), FOUR_DIGITS);
    near(solution.residence[2][0] / 6.0, published("qnap-intro-1", "R_disk2_per_visit"), FOUR_DIGITS);
}

/// CPU, disk 1 and disk 2 of the published database system; one CPU visit more than disk visits.
fn database_system() -> Vec<Station> {
    let station = |demands: [f64; 3]| Station { demands: demands.to_vec(), servers: Servers::Count(1) };
    vec![
        station([10.0 * 0.2, 5.0 * 0.1, 30.0 * 1.5]),
        station([9.0 * 0.12, 0.0, 13.0 * 0.12]),
        station([0.0, 4.0 * 0.18, 16.0 * 0.18]),
    ]
}

#[test]
fn agrees_with_three_published_classes() {
    let solution = closed(&database_system(), &[20.0, 30.0, 120.0], &[5, 10, 1]).unwrap();
    for (class, name) in ["db1", "db2", "admin"].iter().enumerate() {
        near(solution.throughput[class], published("qnap-intro-2", &format!("X_{name}")), FOUR_DIGITS);
        near(solution.response[class], published("qnap-intro-2", &format!("R_{name}")), FOUR_DIGITS);
    }
    for (station, name) in ["cpu", "disk1", "disk2"].iter().enumerate() {
        near(solution.utilisation[station], published("qnap-intro-2", &format!("U_{name}")), FOUR_DIGITS);
    }
}

#[test]
fn an_open_class_stretches_the_demands_of_the_closed_ones() {
    // Lazowska et al., sec. 7.5: closed demands grow by 1 / (1 - open utilisation), and the open
    // class sees what the closed ones leave: D (1 + number of closed) / (1 - open utilisation).
    let open_rate = 1.0 / 250.0;
    let (mut stations, mut open) = (database_system(), Vec::new());
    for station in &mut stations {
        let demand = station.demands.pop().unwrap();
        let left = 1.0 - open_rate * demand;
        station.demands.iter_mut().for_each(|closed| *closed /= left);
        open.push(demand / left);
    }
    let solution = closed(&stations, &[20.0, 30.0], &[5, 10]).unwrap();
    for (class, name) in ["db1", "db2"].iter().enumerate() {
        near(solution.throughput[class], published("qnap-intro-3", &format!("X_{name}")), FOUR_DIGITS);
        near(solution.response[class], published("qnap-intro-3", &format!("R_{name}")), FOUR_DIGITS);
    }
    let response: f64 =
        open.iter().zip(&solution.number).map(|(demand, number)| demand * (1.0 + number.iter().sum::<f64>())).sum();
    near(response, published("qnap-intro-3", "R_admin"), FOUR_DIGITS);
}

#[test]
fn undetermined_networks_are_refused() {
    assert_eq!(closed(&[single(1.0)], &[1.0], &[0]), None);
    assert_eq!(closed(&[single(0.0)], &[0.0], &[3]), None);
    assert_eq!(closed(&[single(1.0)], &[1.0, 1.0], &[3]), None);
    assert_eq!(closed(&[single(f64::NAN)], &[1.0], &[3]), None);
    assert_eq!(closed(&[Station { demands: vec![1.0], servers: Servers::Count(0) }], &[1.0], &[3]), None);
    assert_eq!(closed(&[single(1.0)], &[1.0], &[u32::MAX]), None);
}
