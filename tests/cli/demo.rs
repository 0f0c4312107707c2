//! What the program brings with it: a model to try, and its manual.

use super::Folder;

#[test]
fn the_demo_is_whole_and_works() {
    let folder = Folder::new();
    let ran = folder.plimsoll("demo try");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("plimsoll check models/whatsapp.toml"), "{}", ran.out);
    // Every recording that the model names is read, and each figure of the peak is judged.
    let ran =
        folder.plimsoll("check try/models/whatsapp.toml --replications 1 --no-alternatives --quiet --format json");
    assert!(ran.code < 2 && ran.out.contains("\"test\": \"endurance\""), "{}", ran.err);
    let again = folder.plimsoll("demo try");
    assert!(again.code == 2 && again.err.contains("exists already"), "{}", again.err);
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let folder = Folder::new();
    let ran = folder.plimsoll("man pages");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = |name: &str| folder.read(&format!("pages/{name}.1"));
    for command in ["run", "check", "sweep", "recommend", "serve", "fit"] {
        assert!(page(&format!("plimsoll-{command}")).contains("Examples"), "{command}");
        assert!(page("plimsoll").contains(command));
    }
}
