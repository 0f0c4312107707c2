//! Nothing is said of what is consistent: recordings that the model itself has made, and those of our lab.

use std::path::{Path, PathBuf};

use plimsoll::recording::{Recording, read};
use plimsoll::study::audit::{Case, audit};

use super::systems::{accused, run};

#[test]
fn nothing_is_found_in_a_hundred_recordings_of_the_model() {
    let mut told = Vec::new();
    for seed in 0..100 {
        let run = run(seed, 1);
        for with_model in [true, false] {
            let found = run.found(&run.recording, with_model);
            told.extend(found.into_iter().map(|found| format!("seed {seed}, with the model {with_model}: {found}")));
        }
    }
    assert!(told.is_empty(), "{} findings:\n{}", told.len(), told.join("\n"));
}

/// Means over replications, each with its interval, are read as values with ranges.
#[test]
fn nothing_is_found_in_means_over_replications() {
    for seed in 0..5 {
        let run = run(seed, 8);
        let found = run.found(&run.recording, true);
        assert!(found.is_empty(), "seed {seed}:\n{}", found.join("\n"));
    }
}

#[test]
fn nothing_is_found_in_the_lab() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/lab");
    let runs = ["f1_cal", "f1_cal_r2", "f1_pool20", "f1_pool10_to500", "f5_spike12", "f4_r0", "f4_r3_rl40"];
    let read = |name: PathBuf| read(&name).unwrap_or_else(|error| panic!("{error:?}"));
    for name in runs {
        let mut recording: Recording = read(folder.join(format!("{name}.csv")));
        recording.add(read(folder.join(format!("{name}_series.csv"))));
        let report = audit(None, &[], &[Case { recording: &recording, planned: None, system: None }]);
        assert_eq!(accused(&report), Vec::<String>::new(), "{name}");
    }
}
