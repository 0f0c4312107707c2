//! The page in a browser, as one uses it. `PLIMSOLL_PICTURES` names a folder for pictures of it.

use serde_json::Value;

use super::browser::Browser;
use super::server::Server;

/// What the browser sees once the answer of a kind is whole.
const DONE: &str = "return document.getElementById('answer').dataset.step === 'done'";

fn with_browser(test: impl Fn(&Browser, &Server, &str), model: Option<&str>) {
    let Some(browser) = Browser::start() else {
        return super::skipped("no chromium with chromedriver on this machine to show the page; .ci/run installs it");
    };
    let server = model.map_or_else(|| Server::start(&[]), |model| Server::with_model(model, &[]));
    let address = format!("http://{}/", server.address);
    test(&browser, &server, &address);
    let console = browser.console();
    // A value that is refused is a message as well.
    let bad: Vec<&Value> = console
        .iter()
        .filter(|message| !message["message"].as_str().is_some_and(|text| text.contains("422")))
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
}

fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("PLIMSOLL_PICTURES") {
        let file = std::path::Path::new(&folder).join(format!("{name}.base64"));
        std::fs::write(file, browser.picture()).expect("written");
    }
}

/// Moves a slider as a hand does, and notes when the figure of what-if changes and when it is whole.
fn drag(path: &str, value: f64) -> String {
    format!(
        "const slider = document.querySelector('input[type=range][data-path=\"{path}\"]');
        const answer = document.getElementById('answer');
        const shown = () => document.querySelector('td[data-column=whatif][data-figure=p95]').textContent;
        const before = shown();
        window.seen = {{ first: null, better: null }};
        const begun = performance.now();
        new MutationObserver(() => {{
          if (window.seen.first === null && shown() !== before) window.seen.first = performance.now() - begun;
          if (window.seen.better === null && answer.dataset.of === 'whatif' && answer.dataset.step !== 'rough') window.seen.better = performance.now() - begun;
        }}).observe(answer, {{ subtree: true, childList: true, attributes: true }});
        slider.value = {value};
        slider.dispatchEvent(new Event('input'));"
    )
}

const P95: &str =
    "return parseFloat(document.querySelector('td[data-column=COLUMN][data-figure=p95]').textContent.replace(',', ''))";

fn p95(browser: &Browser, column: &str) -> f64 {
    browser.run(&P95.replace("COLUMN", column)).as_f64().unwrap_or(f64::NAN)
}

#[test]
fn a_slider_changes_the_figure_and_the_verdict() {
    with_browser(
        |browser, _, address| {
            browser.open(&format!("{address}#model=shop&test=steady"));
            browser.until(DONE);
            let light = "return document.querySelector('#verdicts .light').className";
            assert_eq!(browser.run(light), "light fail");
            picture(browser, "today");
            browser.run(&drag("pool.main.max", 6.0));
            browser.until("return document.getElementById('answer').dataset.of === 'whatif'");
            browser.until(DONE);
            assert!(p95(browser, "whatif") < 0.7 * p95(browser, "today"));
            assert_eq!(browser.run(light), "light pass");
            picture(browser, "whatif");
            // By keyboard it goes on from there.
            browser.keys("input[type=range][data-path='pool.main.max']", "\u{e014}");
            browser.until("return location.hash.includes('set.pool.main.max=7')");
            browser.run("document.getElementById('reset').click()");
            browser.until("return !location.hash.includes('set.')");
            assert_eq!(browser.run(light), "light fail");
        },
        None,
    );
}

#[test]
fn the_link_restores_the_state() {
    with_browser(
        |browser, _, address| {
            browser.open(&format!("{address}#model=shop&test=steady&variant=wide&set.pool.main.max=3&set.load=0.5"));
            browser.until(DONE);
            browser.until("return document.getElementById('answer').dataset.of === 'whatif'");
            let value = |path: &str| {
                browser.run(&format!("return document.querySelector('input[type=number][data-path=\"{path}\"]').value"))
            };
            assert_eq!((value("pool.main.max"), value("load")), ("3".into(), "0.5".into()));
            assert_eq!(browser.run("return document.getElementById('variant').value"), "wide");
            assert_eq!(browser.run("return document.querySelectorAll('.knob.turned').length"), 2);
        },
        None,
    );
}

#[test]
fn a_bad_value_is_refused_in_words() {
    with_browser(
        |browser, _, address| {
            browser.open(&format!("{address}#model=shop&test=steady"));
            browser.until(DONE);
            browser.run(
                "const field = document.querySelector('input[type=number][data-path=\"pool.main.max\"]');
                field.value = 1e9; field.dispatchEvent(new Event('change'));",
            );
            browser.until("return document.getElementById('problem').textContent.includes('is not between')");
            browser.run("document.getElementById('reset').click()");
            browser.until("return document.getElementById('problem').hidden");
        },
        None,
    );
}

#[test]
fn rapid_drags_leave_no_queue() {
    with_browser(
        |browser, server, address| {
            browser.open(&format!("{address}#model=shop&test=steady"));
            browser.until(DONE);
            browser.run(
                "const slider = document.querySelector('input[type=range][data-path=\"pool.main.max\"]');
                for (let turn = 0; turn < 50; turn++) setTimeout(() => { slider.value = 2 + turn % 8 + (turn === 49 ? 1 : 0); slider.dispatchEvent(new Event('input')); }, 10 * turn);",
            );
            browser.until("return location.hash.includes('set.pool.main.max=4')");
            browser.until("return document.getElementById('answer').dataset.of === 'whatif' && document.getElementById('answer').dataset.step === 'done'");
            let status = server.get("/api/status").json();
            assert_eq!((&status["simulating"], &status["waiting"]), (&0.into(), &0.into()));
        },
        None,
    );
}

#[test]
fn a_phone_needs_no_sideways_scrolling() {
    with_browser(
        |browser, _, address| {
            browser.resize(500, 900);
            browser.open(&format!("{address}#model=shop&test=steady"));
            browser.until(DONE);
            assert_eq!(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), true);
            picture(browser, "phone");
        },
        None,
    );
}

/// The platform of the reports: its times are printed, and not asserted on a machine that does other things as well.
#[test]
fn fifty_connections_instead_of_twenty() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/whatsapp.toml");
    with_browser(
        |browser, _, address| {
            browser.open(&format!("{address}#model=whatsapp&test=peak"));
            browser.until("return (document.getElementById('answer').dataset.step ?? 'rough') !== 'rough'");
            let before = p95(browser, "today");
            browser.run(&drag("pool.main.max", 50.0));
            browser.until("return window.seen.better !== null");
            let after = p95(browser, "whatif");
            assert!(after < 0.75 * before, "{before} and {after}");
            println!("first and refined answer, ms: {}", browser.run("return window.seen"));
            picture(browser, "whatsapp");
        },
        Some(model),
    );
}
