//! Charts of characters: on a terminal, or where they are asked for.

use super::{Folder, MODEL};

const RECORDED: &str = "t_s,metric,scope,stat,value,unit
0,vus,,avg,0,1
1,vus,,avg,5,1
2,vus,,avg,4,1
0,connections_active,main,avg,0.5,1
2,connections_active,main,avg,1.8,1
";

fn folder() -> Folder {
    let named = "think = \"20ms\"\nrecordings = [ { file = \"series.csv\", role = \"validate\" } ]";
    let folder = Folder::with_model(&MODEL.replace("think = \"20ms\"", named));
    folder.write("series.csv", RECORDED.as_bytes());
    folder
}

/// What follows the heading of the charts, up to the next heading or empty line.
fn charts(text: &str) -> &str {
    let (_, rest) = text.split_once("Over the time of the test\n").unwrap_or_else(|| panic!("no charts\n{text}"));
    rest.split_once("\n\n").map_or(rest, |(charts, _)| charts)
}

fn of(arguments: &str, environment: &[(&str, &str)]) -> String {
    let arguments: Vec<&str> = arguments.split_whitespace().chain(["--replications", "3", "--quiet"]).collect();
    let environment: Vec<(&str, &str)> = [("TERM", "xterm")].into_iter().chain(environment.iter().copied()).collect();
    folder().run(&arguments, &environment).out
}

/// As they were when they were last looked at; `UPDATE_CHARTS=1` writes them anew.
#[test]
fn charts_are_as_they_were_seen() {
    let mut all = String::new();
    for (command, locale) in [("run", "en_GB.UTF-8"), ("run", "C"), ("check", "en_GB.UTF-8")] {
        let out = of(&format!("{command} model.toml --charts always"), &[("LC_ALL", locale)]);
        all.push_str(&format!("{command}, {locale}\n{}\n\n", charts(&out)));
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/charts.txt");
    if std::env::var_os("UPDATE_CHARTS").is_some() {
        std::fs::write(golden, &all).expect("written");
    }
    assert_eq!(all, std::fs::read_to_string(golden).expect("charts"), "see UPDATE_CHARTS above");
}

#[test]
fn nothing_changes_where_nobody_looks() {
    let plain = of("run model.toml", &[("LC_ALL", "C.UTF-8")]);
    assert!(!plain.contains("Over the time of the test"));
    assert_eq!(of("run model.toml --charts never", &[]), plain);
    for format in ["json", "csv", "markdown", "html"] {
        let without = of(&format!("run model.toml --format {format}"), &[]);
        assert_eq!(of(&format!("run model.toml --charts always --format {format}"), &[]), without, "{format}");
    }
}

#[test]
fn charts_go_into_a_file_that_is_asked_for() {
    let folder = folder();
    let ran = folder.run(
        &["check", "model.toml", "--replications", "2", "--charts", "always", "-o", "page.txt"],
        &[("LC_ALL", "C.UTF-8"), ("TERM", "xterm")],
    );
    assert_eq!(ran.out, "");
    let page = folder.read("page.txt");
    assert!(charts(&page).contains("users, recorded") && charts(&page).contains('█'), "{page}");
}
