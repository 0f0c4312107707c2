use std::path::Path;
use plimsoll::model::resolve::{Wanted as W, load_model_for};
use plimsoll::study::instant::instant;
#[test]
fn look() {
    for name in ["whatsapp", "lab", "chat", "wallet", "alphapulse"] {
        let path = format!("models/{name}.toml");
        let plain = load_model_for(Path::new(&path), W { test: None, variant: None, sets: &[], ..W::default() }).unwrap();
        for test in &plain.tests {
            let model = load_model_for(Path::new(&path), W { test: Some(&test.name), variant: None, sets: &[], ..W::default() }).unwrap();
            let test = model.tests.iter().find(|t| t.name == test.name).unwrap();
            let t = std::time::Instant::now();
            let found = instant(&model, test).unwrap();
            let ms = t.elapsed().as_secs_f64() * 1e3;
            let t = std::time::Instant::now();
            let _ = plimsoll::compile::compile(&model, test, &model.inputs.iter().map(|i| 0.5*(i.low+i.high)).collect::<Vec<_>>(), &[]).unwrap();
            println!("== {name} {} {ms:.2} ms, compile {:.2} ms", test.name, t.elapsed().as_secs_f64() * 1e3);
            for w in found.windows.iter().filter(|w| w.busiest) {
                println!("  {:?} high {:.1} by {} est {:?} low {:.3}", w.offered, w.throughput_high, w.limited_by, w.estimate, w.response_low_s);
                for r in w.resources.iter().take(3) { println!("     {} {:.1} bound {:.1} used {:?}", r.name, r.servers, r.bound_per_s, r.utilisation); }
            }
            for f in &found.failed { println!("  FAILED {} {}", f.slo, f.why); }
        }
    }
}
