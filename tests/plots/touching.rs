//! No words of a figure touch others or leave the picture.

use std::path::Path;

use super::picture::{Words, size, words};
use super::{drawn, small};

/// What is wrong with the words of a picture.
fn faults(svg: &str) -> Vec<String> {
    let (width, height) = size(svg);
    let all = words(svg);
    let mut faults = Vec::new();
    for (index, one) in all.iter().enumerate() {
        if one.left < 0.0 || one.top < 0.0 || one.right > width || one.bottom > height {
            faults.push(format!("{:?} leaves the picture", one.text));
        }
        let touched = all[..index].iter().filter(|other| one.touches(other));
        faults.extend(touched.map(|other| format!("{:?} touches {:?}", one.text, other.text)));
    }
    faults
}

fn assert_apart(folder: &Path, command: &str) {
    let svg = drawn(folder, command);
    assert!(words(&svg).len() > 5, "{command}: hardly any words");
    let faults = faults(&svg);
    assert!(faults.is_empty(), "{command}:\n{}", faults.join("\n"));
}

const FEW: &str = "--replications 2 --quiet";

#[test]
fn words_of_a_real_system_stand_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = format!("{}/models/whatsapp.toml", env!("CARGO_MANIFEST_DIR"));
    for kind in ["scatter", "percentiles", "endpoints", "timeline", "time", "system"] {
        assert_apart(folder.path(), &format!("plot {kind} {model} --test peak {FEW} -o {{}}"));
    }
    let sizes = "--vary cache.redis.maxmemory=100MB,200MB,400MB";
    assert_apart(folder.path(), &format!("plot hits {model} --test baseline {sizes} {FEW} -o {{}}"));
    assert_apart(folder.path(), &format!("check {model} --test peak --no-alternatives {FEW} --plot {{}}"));
}

#[test]
fn words_of_every_figure_stand_apart() {
    let folder = small();
    for kind in ["percentiles", "endpoints", "timeline", "time", "hits", "system"] {
        assert_apart(folder.path(), &format!("plot {kind} shop.toml --test busy {FEW} -o {{}}"));
    }
    for command in [
        "plot scatter shop.toml -o {}",
        "check shop.toml --plot {}",
        "sweep shop.toml --test busy --vary pool.main.max=1,2,4,8,16 --plot {}",
        "sweep shop.toml --test busy --vary pool.main.max=1..12:1 --vary database.main.cores=1..4:1 --plot {}",
        "compare shop.toml shop.toml --set-b pool.main.max=2 --plot {}",
        "capacity shop.toml --test busy --up-to 3 --plot {}",
    ] {
        assert_apart(folder.path(), &format!("{command} {FEW}"));
    }
}

/// Long names, and more of them than have room.
#[test]
fn long_names_are_cut_before_they_touch() {
    let folder = small();
    let path = folder.path().join("shop.toml");
    let text = std::fs::read_to_string(&path).expect("the model");
    let long = format!("GET /{}", "a/very/long/path/of/an/endpoint/".repeat(4));
    let text =
        text.replace("GET /items/:id", &long).replace("main", "main_database_of_the_whole_company_and_its_partners");
    let text = text.replace("payment", "payment_service_provider_with_a_very_long_name");
    std::fs::write(&path, text).expect("written");
    let busy = std::fs::read_to_string(folder.path().join("busy.csv")).expect("the recording");
    std::fs::write(folder.path().join("busy.csv"), busy.replace("GET /items/:id", &long)).expect("written");
    for kind in ["scatter", "percentiles", "endpoints", "timeline", "time", "system"] {
        assert_apart(folder.path(), &format!("plot {kind} shop.toml --test busy {FEW} -o {{}}"));
    }
}

#[test]
fn what_touches_is_found() {
    let text = |x: i32, y: i32, words: &str| {
        format!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.76em\" text-anchor=\"start\" font-family=\"sans-serif\" font-size=\"12.5\">\n{words}\n</text>\n"
        )
    };
    let svg = |texts: &[String]| format!("<svg width=\"200\" height=\"100\">\n{}</svg>", texts.concat());
    assert_eq!(faults(&svg(&[text(10, 10, "predicted"), text(10, 30, "recorded")])), Vec::<String>::new());
    assert_eq!(
        faults(&svg(&[text(10, 10, "predicted"), text(40, 15, "recorded")])),
        ["\"recorded\" touches \"predicted\""]
    );
    assert_eq!(faults(&svg(&[text(180, 10, "predicted")])), ["\"predicted\" leaves the picture"]);
    let found: Vec<Words> = words(&svg(&[text(10, 10, "a &lt; b")]));
    assert_eq!(found[0].text, "a < b");
}
