//! What people see: whole commands, with what they print and how they end.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

const SHOP: &str = "\
meshgen: v1
project: shop
cluster: { existing: { networkPolicy: calico } }
namespaces: { shop: {} }
workloads:
  shop/web: { image: ghcr.io/acme/web:2.4.1, ports: { http: 8080 } }
  shop/cart: { image: ghcr.io/acme/cart:1.9.0, ports: { grpc: 7070 } }
policies:
  shop/cart: { allow: [{ from: [shop/web], ports: [grpc] }] }
";

/// A folder in which commands run.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Desk(tempfile::tempdir().unwrap())
    }

    fn with(spec: &str) -> Self {
        Desk::new().file("meshgen.yaml", spec)
    }

    fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    /// A command, as typed.
    fn run(&self, line: &str) -> String {
        self.pipe(line, "")
    }

    /// A command with something on its standard input.
    fn pipe(&self, line: &str, input: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_meshgen"))
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let marked = |mark: &str, text: &str| -> String {
            text.lines().map(|line| format!("{mark}{line}").trim_end().to_owned() + "\n").collect()
        };
        let code = output.status.code().unwrap();
        format!("$ meshgen {line}\n{}{}exit code {code}\n", marked("", &out), marked("! ", &err))
    }

    fn runs(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line)).collect::<Vec<_>>().join("\n")
    }
}

/// Shows what commands print.
macro_rules! shows {
    ($name:ident, $transcript:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!($transcript);
        }
    };
}

shows!(help, Desk::new().run("--help"));
shows!(help_of_render, Desk::new().run("render --help"));
shows!(a_stream, Desk::with(SHOP).run("render"));
shows!(a_stream_of_some_parts, Desk::with(SHOP).run("render --only namespaces,policies"));
shows!(a_stream_as_json, Desk::with(SHOP).run("render --only namespaces --output-format json"));
shows!(a_valid_spec, Desk::with(SHOP).runs(&["validate", "validate --output-format json"]));

#[test]
fn a_tree_is_written_checked_and_left_alone() {
    let desk = Desk::with(SHOP);
    insta::assert_snapshot!(desk.runs(&["check -o out", "render -o out", "check -o out", "render -o out"]));
}

#[test]
fn a_change_of_the_spec_shows_line_by_line_and_by_object() {
    let desk = Desk::with(SHOP);
    desk.run("render -o out");
    desk.edit("meshgen.yaml", "grpc: 7070", "grpc: 7071");
    insta::assert_snapshot!(desk.runs(&[
        "diff -o out",
        "diff -o out --summary",
        "diff -o out --summary --output-format json",
        "check -o out",
    ]));
}

#[test]
fn what_is_edited_is_named_and_what_is_foreign_is_in_the_way() {
    let desk = Desk::with(SHOP);
    desk.run("render -o out");
    desk.edit("out/apps/shop/namespace.yaml", "shop", "mine");
    let edited = desk.runs(&["check -o out", "render -o out"]);
    desk.write("out/apps/shop/workloads/till.yaml", "mine\n");
    desk.edit("meshgen.yaml", "shop/web", "shop/till");
    insta::assert_snapshot!(
        edited + "\n" + &desk.runs(&["check -o out", "diff -o out --summary", "render -o out"])
    );
    assert_eq!(fs::read_to_string(desk.path().join("out/apps/shop/workloads/till.yaml")).unwrap(), "mine\n");
}

#[test]
fn what_leaves_the_spec_leaves_the_tree() {
    let desk = Desk::with(SHOP);
    desk.run("render -o out");
    desk.edit("out/apps/shop/workloads/web.yaml", "replicas: 1", "replicas: 2");
    let smaller = SHOP.lines().filter(|l| !l.contains("shop/web:") && !l.contains("shop/cart: { allow"));
    desk.write(
        "meshgen.yaml",
        &smaller.map(|l| format!("{l}\n")).collect::<String>().replace("policies:\n", ""),
    );
    insta::assert_snapshot!(desk.runs(&["check -o out", "render -o out", "check -o out"]));
}

#[test]
fn two_sets_of_manifests_are_compared_by_object() {
    let desk = Desk::with(SHOP);
    desk.run("render -o out");
    let overlay = "meshgen: v1\nworkloads: { shop/web: { replicas: 3 } }\npolicies: { shop/cart: null }\n";
    desk.write("prod.yaml", overlay);
    desk.run("render -f meshgen.yaml -f prod.yaml -o prod");
    insta::assert_snapshot!(desk.runs(&["compare out out", "compare out prod", "compare meshgen.yaml prod"]));
}

#[test]
fn a_folder_of_parts_is_one_spec_and_says_nothing_twice() {
    let desk = Desk::new()
        .file(
            "spec/base.yaml",
            "meshgen: v1\nproject: shop\ncluster: { existing: { networkPolicy: calico } }\n",
        )
        .file("spec/web.yaml", "meshgen: v1\nnamespaces: { web: {} }\n")
        .file("spec/README.md", "not a part");
    let good = desk.run("validate -f spec");
    desk.write("spec/more.yaml", "meshgen: v1\nnamespaces: { web: {} }\nproject: other\n");
    insta::assert_snapshot!(good + "\n" + &desk.run("validate -f spec"));
}

#[test]
fn all_problems_are_shown_at_once_with_their_lines() {
    let spec = SHOP
        .replace("shop/web]", "shop/wbe]")
        .replace("ports: [grpc]", "port: [grpc]")
        .replace("7070", "0755");
    let desk = Desk::with(&spec);
    insta::assert_snapshot!(desk.runs(&["validate", "render -o out", "render --output-format json"]));
    assert!(!desk.path().join("out").exists());
}

#[test]
fn what_is_no_spec_says_what_it_is() {
    let desk = Desk::new()
        .file("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n")
        .file("typo.yaml", "meshgn: v1\nproject: shop\n")
        .file("values.yaml", "replicas: 3\n")
        .file("empty.yaml", "")
        .file("binary.yaml", "meshgen: v1\0\n")
        .file("empty/README.md", "");
    fs::write(desk.path().join("latin1.yaml"), b"meshgen: v1\nproject: caf\xe9\n").unwrap();
    insta::assert_snapshot!(desk.runs(&[
        "validate",
        "validate -f deployment.yaml",
        "validate -f typo.yaml",
        "validate -f values.yaml",
        "validate -f empty.yaml",
        "validate -f binary.yaml",
        "validate -f latin1.yaml",
        "validate -f empty",
        "validate -f missing.yaml -f gone.yaml",
    ]));
}

#[test]
fn an_output_folder_that_cannot_be_one_says_why() {
    let desk = Desk::with(SHOP).file("file", "");
    std::os::unix::fs::symlink("/tmp", desk.path().join("link")).unwrap();
    fs::create_dir(desk.path().join("tree")).unwrap();
    std::os::unix::fs::symlink("/tmp", desk.path().join("tree/apps")).unwrap();
    insta::assert_snapshot!(desk.runs(&[
        "render -o file",
        "render -o file/below",
        "render -o tree",
        "check -o tree"
    ]));
}

#[test]
fn words_that_make_no_sense_are_refused_in_either_format() {
    let desk = Desk::with(SHOP);
    insta::assert_snapshot!(desk.runs(&[
        "rendr",
        "render --only polices",
        "render --only mesh --skip mesh",
        "check --output-format json",
        "man rendr",
    ]));
}

#[test]
fn hostile_text_cannot_reach_the_terminal() {
    let desk = Desk::with("meshgen: v1\nproject: \"\\e[31mred\\u202e\"\ncluster: { \"kin\\ad\": {} }\n");
    let shown = desk.run("validate");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains('\u{7}'));
    insta::assert_snapshot!(shown);
}

#[test]
fn standard_input_is_an_input_like_any_other() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.pipe("validate -f -", &SHOP.replace("calico", "calcio")));
    assert_eq!(desk.pipe("render -f -", SHOP), Desk::with(SHOP).pipe("render -f -", SHOP));
}

#[test]
fn a_first_spec_is_written_once_and_is_valid() {
    let desk = Desk::new();
    let transcript = desk.runs(&["init -o first.yaml", "init -o first.yaml"]);
    insta::assert_snapshot!(transcript);
    assert!(desk.run("validate -f first.yaml").ends_with("exit code 0\n"));
}

#[test]
fn a_first_spec_from_manifests_gives_their_policies_again() {
    let desk = Desk::with(SHOP);
    desk.run("render -o out");
    insta::assert_snapshot!(desk.runs(&["init --from out -o -", "init --from nothing -o -"]));
    desk.run("init --from out -o again.yaml");
    insta::assert_snapshot!(desk.run("compare out again.yaml"));
}

#[test]
fn who_may_connect_is_listed_and_explained() {
    let desk = Desk::with(SHOP);
    insta::assert_snapshot!(desk.runs(&[
        "reach",
        "reach --pairs --workload shop/cart --direction ingress --markdown",
        "reach --port 7070/tcp --output-format json",
        "explain shop/web cart.shop:7070",
        "explain other/[app=x] shop/cart:grpc",
        "explain shop/cart shop/web:8080 --markdown",
        "explain shop/wbe shop/cart",
    ]));
    desk.edit("meshgen.yaml", "from: [shop/web], ", "from: [], ");
    desk.edit("meshgen.yaml", "allow: [{ from: [], ports: [grpc] }]", "allow: []");
    insta::assert_snapshot!(desk.run("explain shop/web shop/cart:grpc"));
}

#[test]
fn claims_are_proven_or_refuted_and_a_tree_of_a_refuted_one_is_not_written() {
    let claims = "expect: { callers: { claims: [
      { from: [shop/web], to: shop/cart, is: open },
      { to: shop/cart, onlyFrom: [shop/web] },
      { from: [shop/cart], to: shop/web, is: timeout }] } }\n";
    let desk = Desk::with(&format!("{SHOP}{claims}"));
    insta::assert_snapshot!(desk.runs(&["verify", "render -o out", "render -o out --even-if-refuted"]));
}

#[test]
fn a_claim_that_names_what_is_not_there_is_no_tree() {
    let spec = SHOP.replace("namespaces: { shop: {} }", "namespaces: { shop: {}, lab: {} }");
    let claims = "expect: { lab: { claims: [{ from: [shop/web], to: lab/*, is: timeout }] } }\n";
    let desk = Desk::with(&format!("{spec}{claims}"));
    insta::assert_snapshot!(desk.runs(&["verify", "render -o out", "render -o out --even-if-refuted"]));
}

#[test]
fn claims_in_a_file_are_held_against_anybodys_manifests() {
    let claims = "expect:\n  callers:\n    claims:\n      - { from: [shop/web], to: shop/cart, is: open }
      - { fromCidrs: [0.0.0.0/0], to: shop/cart, ports: [grpc], is: timeout }
      - { to: shop/web, onlyFrom: [shop/cart] }\n";
    let desk = Desk::with(SHOP).file("claims.yaml", claims);
    desk.run("render -o out");
    let wrong = claims.replace("shop/web]", "shop/wbe]").replace("[grpc]", "[grcp]");
    let desk = desk.file("wrong.yaml", &wrong).file("bad.yaml", "expect: { a: { claims: [{ to: b }] } }\n");
    insta::assert_snapshot!(desk.runs(&[
        "verify -f out --expect claims.yaml",
        "verify -f out --expect wrong.yaml",
        "verify -f out --expect bad.yaml",
        "verify -f out",
        "verify --expect claims.yaml",
    ]));
}

#[test]
fn what_became_possible_is_told_with_what_differs() {
    let desk = Desk::with(SHOP);
    desk.run("render -o old");
    desk.edit(
        "meshgen.yaml",
        "{ from: [shop/web], ports: [grpc] }",
        "{ fromNamespaces: all, ports: [grpc] }",
    );
    insta::assert_snapshot!(
        desk.runs(&[
            "compare old meshgen.yaml --fail-on widened",
            "compare meshgen.yaml old --fail-on widened",
        ])
    );
}

#[test]
fn completions_and_man_pages_are_made_for_every_command() {
    let desk = Desk::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(desk.run(&format!("completions {shell}")).contains("render"), "{shell}");
    }
    for command in [
        "",
        "render",
        "check",
        "diff",
        "compare",
        "validate",
        "init",
        "reach",
        "lint",
        "explain",
        "verify",
        "schema",
        "completions",
        "man",
    ] {
        assert!(desk.run(&format!("man {command}")).contains(".TH meshgen"), "{command}");
    }
}

/// A policy that trusts a label, of a pod that a policy protects.
const TRUSTING: &str = "\
apiVersion: v1
kind: Pod
metadata: { name: db, namespace: shop, labels: { app: db } }
spec: { containers: [{ name: db, image: docker.io/library/postgres:18.1 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: web } } }] }]
";

const ACCEPTS: &str = "\
accept:
  - { finding: MG001, at: NetworkPolicy/shop, because: admission control guards the label, until: \"2027-06-30\" }
";

#[test]
fn findings_are_told_accepted_and_explained() {
    let desk = Desk::new().file("shop.yaml", TRUSTING).file("accept.yaml", ACCEPTS);
    insta::assert_snapshot!(desk.runs(&[
        "lint -f shop.yaml",
        "lint -f shop.yaml --fail-on error --markdown",
        "lint -f shop.yaml --skip MG001",
        "lint -f shop.yaml --accept accept.yaml",
        "lint -f shop.yaml --accept accept.yaml --today 2027-06-30",
        "lint -f shop.yaml --accept accept.yaml --today 2027-07-01",
        "lint -f shop.yaml --accept accept.yaml --output-format json",
        "lint -f shop.yaml --only MG999",
        "explain MG001",
        "explain MG999",
        "explain shop/db",
    ]));
}

/// A policy that is not understood.
const UNREAD: &str = "\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: shop }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ ipBlock: { cidr: nowhere } }] }] }
";

#[test]
fn what_is_not_understood_hides_no_finding_that_stands_without_it() {
    let desk = Desk::new()
        .file("shop.yaml", &format!("{TRUSTING}{UNREAD}"))
        .file("torn.yaml", &format!("{TRUSTING}---\nkind: [Pod\n"))
        .file("accept.yaml", "accept: [{ finding: MG013, at: Pod/shop, because: a trial }]\n");
    insta::assert_snapshot!(desk.runs(&[
        "lint -f shop.yaml --accept accept.yaml",
        "lint -f shop.yaml --output-format json",
        "lint -f torn.yaml",
    ]));
    let sarif = desk.run("lint -f shop.yaml --sarif");
    assert!(sarif.contains("\"ruleId\": \"MG001\"") && sarif.contains("\"ruleId\": \"MG030\""), "{sarif}");
}

#[test]
fn a_finding_about_a_spec_names_the_line_that_asked_for_it() {
    let labelled = SHOP.replace("{ from: [shop/web], ports: [grpc] }", "{ fromNamespaces: { team: web } }");
    let accepting = format!("{labelled}accept: [{{ finding: MG001, at: policies, because: a trial }}]\n");
    let desk = Desk::with(&labelled).file("accepting.yaml", &accepting);
    insta::assert_snapshot!(desk.runs(&["lint --only MG001", "lint -f accepting.yaml --only MG001"]));
}

/// A pod behind a Service, and a Service before nothing.
const WEB: &str = "\
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: none, namespace: shop }
spec: { selector: { app: none }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
";

#[test]
fn a_question_about_what_is_not_there_has_no_answer() {
    let desk = Desk::new().file("web.yaml", WEB);
    insta::assert_snapshot!(desk.runs(&[
        "explain 1.2.3.4 web.shop:81 -f web.yaml",
        "explain 1.2.3.4 shop/web:htp -f web.yaml",
        "explain 1.2.3.4 none.shop -f web.yaml",
        "explain none.shop 1.2.3.4 -f web.yaml",
        "reach -f web.yaml --workload shop/wep --namespace shp",
        "reach -f web.yaml --workload shop/* --port 8080",
    ]));
}

#[test]
fn what_holds_no_object_is_not_judged_as_if_nobody_could_connect() {
    let desk = Desk::with(SHOP)
        .file("values.yaml", "replicas: 3\n")
        .file("all/values.yaml", "replicas: 3\n")
        .file("all/web.yaml", WEB);
    insta::assert_snapshot!(desk.runs(&[
        "reach -f values.yaml",
        "lint -f -",
        "reach -f meshgen.yaml -f values.yaml",
        "reach -f all --workload web",
        "reach web.yaml",
        "reach all",
        "compare - -",
        "reach -f all --mermaid --markdown",
        "lint -f all --sarif --output-format json",
    ]));
}

#[test]
fn what_a_cluster_refuses_is_named() {
    let objects = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolcy
metadata: { name: a, namespace: shop }
---
kind: Deployment
metadata: { name: x }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: x }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolcy
metadata: { name: x }
---
apiVersion: v1
metadata: { name: x }
---
apiVersion: v1
kind: Pod
metadata: { namespace: x }
---
a: {{ .Values.x }}
";
    let desk = Desk::new()
        .file("objects.yaml", objects)
        .file("base/kustomization.yaml", "resources: [web.yaml]\nnamespace: prod\n")
        .file("base/web.yaml", WEB);
    insta::assert_snapshot!(desk.runs(&["reach -f objects.yaml", "reach -f base"]));
}
