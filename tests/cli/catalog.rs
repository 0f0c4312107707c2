//! `plimsoll catalog`: lists, filters, own rows, and what is wrong with them.

use serde_json::Value;

use super::{Folder, MODEL};

#[test]
fn a_list_as_people_see_it() {
    let folder = Folder::new();
    let ran = folder.run(&["catalog", "--family", "t3", "--max-price", "$0.10/h", "--sort", "price"], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/catalog.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &ran.out).expect("written");
    }
    assert_eq!(ran.out, std::fs::read_to_string(golden).expect("the golden text"));
}

#[test]
fn every_type_once_in_each_form() {
    let folder = Folder::new();
    let csv = folder.plimsoll("catalog ec2 t3.* --format csv").out;
    let mut lines = csv.lines();
    assert!(lines.next().is_some_and(|header| header.starts_with("sheet,name,vcpu,memory_gib,arch,")), "{csv}");
    assert!(csv.contains("ec2,t3.large,2,8,x86_64,13646.3,30,unlimited,0.512,5,4000,15700,,,0.0832,60.736\n"), "{csv}");
    assert_eq!(lines.count(), 7);
    let json: Value =
        serde_json::from_str(&folder.plimsoll("catalog rds db.t3.large --format json").out).expect("JSON");
    assert_eq!((&json["schema"], &json["types"][0]["usd_per_hour"]), (&Value::from("plimsoll/1"), &Value::from(0.145)));
    assert_eq!((json["types"].as_array().map(Vec::len), json["storage"].as_array().map(Vec::len)), (Some(1), Some(0)));
    assert!(
        folder
            .plimsoll("catalog storage --format csv")
            .out
            .contains("gp3,RDS,price storage,0.115,USD/GB-month,[price]\n")
    );
    assert!(folder.plimsoll("catalog storage --format markdown").out.contains("| gp2 | RDS |"));
    let shown = folder.plimsoll("catalog --show cache.t3.medium");
    assert!(
        shown.code == 0 && shown.out.contains("maxmemory_bytes") && shown.out.contains("Compiled 20"),
        "{}",
        shown.out
    );
    let shown: Value =
        serde_json::from_str(&folder.plimsoll("catalog --show t3.large --format json").out).expect("JSON");
    assert_eq!(
        (&shown["types"][0]["sheet"], &shown["types"][0]["facts"]["vcpu"]),
        (&Value::from("ec2"), &Value::from("2"))
    );
}

#[test]
fn what_does_not_exist_is_told_with_the_nearest_that_does() {
    let folder = Folder::new();
    for (arguments, told) in [
        ("catalog cache.t3.large", "cache.t3 exists as \"cache.t3.micro\", \"cache.t3.small\", \"cache.t3.medium\""),
        ("catalog --show cache.t3.large", "cache.t3 exists as"),
        ("catalog ec2 db.t3.large", "there is no type \"db.t3.large\""),
        ("catalog rsd", "did you mean \"rds\"?"),
        ("catalog ec2 --family t33", "did you mean \"t3\"?"),
        ("catalog ec2 --max-price 0.2", "write \"$0.2/h\""),
        ("catalog ec2 --min-memory 8", "write \"8MB\" or \"8GB\""),
        ("catalog ec2 --arch sparc", "arm64"),
        ("catalog storage --min-vcpu 2", "cannot be filtered"),
        ("catalog --file machines.csv", "write ec2=machines.csv"),
        ("catalog --file s3=machines.csv", "there is no sheet \"s3\""),
        ("catalog --file ec2=nowhere.csv", "there is no such file"),
    ] {
        let ran = folder.plimsoll(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments}");
        assert!(ran.err.contains(told), "{arguments}: {}", ran.err);
    }
}

#[test]
fn nothing_left_is_no_error_and_says_why() {
    let folder = Folder::new();
    let arguments = ["catalog", "ec2", "--family", "t3", "--min-vcpu", "8", "--max-price", "$0.10/h"];
    let why = "--max-price $0.1/h leaves nothing: it removed the one type";
    let ran = folder.run(&arguments, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains(why), "{}", ran.out);
    let ran = folder.run(&[&arguments[..], &["--format", "csv"]].concat(), &[]);
    assert_eq!((ran.out.lines().count(), ran.err.trim()), (1, why));
}

#[test]
fn own_rows_are_listed_and_can_be_used() {
    let folder = Folder::with_model(
        &format!("{MODEL}\n[catalogue]\nec2 = \"own.csv\"\n").replace("cores = 2", "instance = \"rack-7\""),
    );
    folder.write("own.csv", b"name,vcpu,memory_gib,usd_per_hour\nrack-7,2,16,0.5\n");
    let listed = folder.plimsoll("catalog ec2 rack-7 --file ec2=own.csv");
    assert!(listed.out.contains("365.00"), "{}{}", listed.out, listed.err);
    let ran = folder.plimsoll("run model.toml --replications 2 --quiet");
    assert!(ran.out.contains("tier app") && ran.out.contains("$365.00"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("no instance class and no price is") && ran.out.contains("unknown"), "{}", ran.out);
    let json: Value =
        serde_json::from_str(&folder.plimsoll("run model.toml --replications 2 --quiet --format json").out)
            .expect("JSON");
    let cost = &json["cost"];
    assert_eq!((&cost["usd_per_month"], &cost["lines"][0]["type"]), (&Value::from(365.0), &Value::from("rack-7")));
    assert_eq!(
        (&cost["unknown"][0]["part"], &cost["unknown"][0]["name"]),
        (&Value::from("database"), &Value::from("main"))
    );

    folder.write("own.csv", b"name,vcpu,memory_gib,usd_per_hour\nrack-7,2,16,free\n");
    for arguments in ["catalog --file ec2=own.csv", "run model.toml"] {
        let ran = folder.plimsoll(arguments);
        assert_eq!(ran.code, 2, "{arguments}");
        assert!(ran.err.contains("usd_per_hour is \"free\"; a number of at least 0 is needed"), "{}", ran.err);
        assert!(ran.err.contains("own.csv:2:4"), "{arguments}: {}", ran.err);
    }
}

#[test]
fn a_model_without_types_has_no_cost() {
    let ran = Folder::with_model(MODEL).plimsoll("run model.toml --replications 2 --quiet");
    assert!(ran.code == 0 && !ran.out.contains("Cost"), "{}", ran.out);
}
