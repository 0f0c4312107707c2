//! A report as HTML in a browser, opened from disk as one that came by mail.

use serde_json::Value;

use super::browser::Browser;

#[test]
fn a_report_opens_from_disk_and_asks_for_nothing() {
    let Some(browser) = Browser::start() else {
        return super::skipped("no chromium with chromedriver on this machine to show a report; .ci/run installs it");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.html");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/lab.toml");
    command.args(["report", model, "--test", "pool20", "--replications", "2", "--quiet", "--output"]).arg(&file);
    let ran = command.output().expect("it runs");
    assert_ne!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
    browser.open(&format!("file://{}", file.display()));
    for (width, height) in [(1280, 1600), (500, 900)] {
        browser.resize(width, height);
        let wider = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wider, 0, "nothing but wide tables scrolls sideways at {width}");
    }
    let asked = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)");
    assert_eq!(asked, Value::Array(Vec::new()));
    let drawn = "return [...document.querySelectorAll('figure svg')].filter(svg => svg.getBBox().width > 400).length";
    assert!(browser.run(drawn).as_u64() > Some(1), "figures are drawn");
    let lost = "return [...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.hash)).length";
    assert_eq!(browser.run(lost), 0);
    let console = browser.console();
    assert!(console.is_empty(), "{console:?}");
}
