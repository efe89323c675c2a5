//! `releases` and `repositories`.

use std::collections::BTreeSet;

use meshgen_yaml::{At, Problem, nearest};

use crate::{AclSecret, Dgraph, Name, Release, Spec, Tree, TreeMap, Whitelist, WorkloadName};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    for (name, release) in &spec.releases {
        super::namespace(spec, &name.namespace, name.place, problems);
        // Source: helm `pkg/chart/v2/util/validate_name.go`.
        if name.name.as_str().len() > 53 {
            problems.push(Problem::error(
                name.place,
                format!("`{name}` is too long for a release: use up to 53 characters"),
            ));
        }
        chart(spec, name, release, problems);
        needs(spec, name, release, problems);
        for (key, value) in &release.values {
            secrets(key, value, problems);
        }
    }
    circles(spec, problems);
}

fn chart(spec: &Spec, name: &At<WorkloadName>, release: &Release, problems: &mut Vec<Problem>) {
    let said = [
        release.chart.as_ref().map(|c| c.place),
        release.repository.as_ref().map(|r| r.place),
        release.version.as_ref().map(|v| v.place),
    ];
    match (&release.dgraph, said) {
        (Some(dgraph), [None, None, None]) => self::dgraph(name, release, dgraph, problems),
        (Some(dgraph), _) => problems.push(
            Problem::error(dgraph.place, format!("`{name}` is Dgraph, whose chart is known"))
                .help("leave `chart` and `repository` out, and say the chart's `version` under `dgraph`"),
        ),
        (None, [Some(_), Some(_), Some(_)]) => {}
        (None, _) => problems.push(
            Problem::error(name.place, format!("`{name}` does not say which chart it is"))
                .help("say `chart`, `repository` and `version`, or `dgraph`"),
        ),
    }
    if let Some(repository) = &release.repository
        && !spec.repositories.contains_key(&repository.value)
    {
        let known: Vec<&str> = spec.repositories.keys().map(|k| k.as_str()).collect();
        let problem =
            Problem::error(repository.place, format!("the repository `{repository}` is not declared"));
        problems.push(match nearest(repository.as_str(), known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("say where it is: `repositories: {{ {repository}: https://… }}`")),
        });
    }
}

fn dgraph(name: &At<WorkloadName>, release: &Release, dgraph: &At<Box<Dgraph>>, problems: &mut Vec<Problem>) {
    // What names objects would make what is known of them wrong.
    for key in release.values.keys() {
        if matches!(key.as_str(), "nameOverride" | "fullnameOverride" | "namespaceOverride") {
            problems.push(
                Problem::error(
                    key.place,
                    format!("`{key}` would give `{name}` other names than policies know"),
                )
                .help("choose the name of the release instead"),
            );
        }
    }
    for replicas in [&dgraph.alpha.replicas, &dgraph.zero.replicas].into_iter().flatten() {
        if replicas.value == 0 {
            problems.push(Problem::error(replicas.place, "without a pod there is no Dgraph: use 1 or more"));
        }
    }
    if let Some(replicas) = &dgraph.zero.replicas
        && replicas.value % 2 == 0
        && replicas.value > 0
    {
        problems.push(
            Problem::warning(
                replicas.place,
                format!(
                    "`{replicas}` zeros agree no better than {}: an even number survives no more failures",
                    replicas.value - 1
                ),
            )
            .help("use an odd number"),
        );
    }
    if !dgraph.pod_labels.is_empty() && dgraph.version.major() < 23 {
        problems.push(
            Problem::error(
                dgraph.version.place,
                format!("the chart {} has no labels of pods", dgraph.version.value),
            )
            .help("use a newer chart, or leave `podLabels` out"),
        );
    }
    if let Some(whitelist) = &dgraph.whitelist {
        match &whitelist.value {
            Whitelist::Entries(entries) if entries.is_empty() => problems.push(
                Problem::error(whitelist.place, "an empty whitelist is none")
                    .help("leave it out: then only the pod itself may administrate"),
            ),
            Whitelist::Entries(_) | Whitelist::FromEnv(_) => {}
        }
    }
    if let Some(acl) = &dgraph.acl {
        let AclSecret::FromEnv(variable) = &acl.secret;
        if variable.default.is_some() {
            problems.push(
                Problem::error(variable.name.place, "a secret has no default: it would stand in the tree")
                    .help("leave `default` out"),
            );
        }
    }
    for (config, which) in [(&dgraph.alpha.config, "alpha"), (&dgraph.zero.config, "zero")] {
        flags(config, which, problems);
    }
}

/// Flags that have fields of their own, or that hold secrets.
fn flags(config: &TreeMap, which: &str, problems: &mut Vec<Problem>) {
    for (key, value) in config {
        super::no_variables(value, "this file of Dgraph", problems);
        if matches!(key.as_str(), "my" | "zero" | "config") {
            problems.push(
                Problem::error(key.place, format!("`{key}` of {which} is set by the chart"))
                    .help("leave it out"),
            );
        }
        if matches!(key.as_str(), "security" | "acl") && which == "alpha" {
            problems.push(
                Problem::error(
                    key.place,
                    format!("`{key}` has fields of its own: `whitelist`, `token`, `acl`"),
                )
                .help("say it there; a secret never stands in a file"),
            );
        }
        secrets(key, value, problems);
    }
}

fn needs(spec: &Spec, name: &At<WorkloadName>, release: &Release, problems: &mut Vec<Problem>) {
    for need in &release.needs {
        if need.value == name.value {
            problems.push(Problem::error(need.place, format!("`{name}` cannot need itself")));
        } else if !spec.releases.contains_key(&need.value) {
            let known: Vec<String> = spec.releases.keys().map(ToString::to_string).collect();
            let problem = Problem::error(need.place, format!("the release `{need}` is not declared"));
            problems.push(match nearest(&need.to_string(), known.iter().map(String::as_str)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("declare it under `releases`; what is there already needs no `needs`"),
            });
        }
    }
}

/// Releases of one namespace are one state file, and files are applied one after the other: neither may need
/// itself by way of others.
fn circles(spec: &Spec, problems: &mut Vec<Problem>) {
    for (name, release) in &spec.releases {
        let next = |of: &WorkloadName| -> Vec<WorkloadName> {
            spec.releases.get(of).into_iter().flat_map(|r| &r.needs).map(|n| n.value.clone()).collect()
        };
        // That of itself alone is said above.
        let others = release.needs.iter().map(|n| n.value.clone()).filter(|n| *n != name.value);
        if reaches(others.collect(), &name.value, next) {
            problems.push(
                Problem::error(name.place, format!("`{name}` needs itself by way of others"))
                    .help("take one of the `needs` away"),
            );
            return;
        }
    }
    for (name, release) in &spec.releases {
        let next = |of: &Name| -> Vec<Name> {
            let of_namespace = spec.releases.iter().filter(|(n, _)| n.namespace == *of);
            let needs = of_namespace.flat_map(|(_, r)| &r.needs).map(|n| n.namespace.clone());
            needs.filter(|n| n != of).collect()
        };
        let first =
            release.needs.iter().map(|n| n.namespace.clone()).filter(|n| *n != name.namespace).collect();
        if reaches(first, &name.namespace, next) {
            problems.push(
                Problem::error(name.place, format!("releases of `{}` need releases that need releases of `{0}`: neither state file can be first", name.namespace))
                    .help("put them into one namespace, or take one of the `needs` away"),
            );
            return;
        }
    }
}

/// Whether `goal` is among `first` and what follows from it.
fn reaches<T: Ord + Clone>(first: Vec<T>, goal: &T, next: impl Fn(&T) -> Vec<T>) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo = first;
    while let Some(at) = todo.pop() {
        if at == *goal {
            return true;
        }
        if seen.insert(at.clone()) {
            todo.extend(next(&at));
        }
    }
    false
}

/// Text in a field that is called like a secret would be read by everybody who reads the tree.
fn secrets(key: &At<String>, value: &Tree, problems: &mut Vec<Problem>) {
    match value {
        Tree::Text(text) if !text.is_empty() && holds_a_secret(key.as_str()) => problems.push(
            // The value is not echoed.
            Problem::error(key.place, format!("`{key}` looks like a secret, and a secret is never written into a tree"))
                .help("let the chart read a Secret that is there, or take it from the environment: `{ fromEnv: NAME }`; if it is none: `{ fromEnv: { name: NAME, default: … } }`"),
        ),
        Tree::Map(entries) => entries.iter().for_each(|(key, value)| secrets(key, value, problems)),
        Tree::List(items) => {
            for item in items {
                secrets(key, item, problems);
            }
        }
        Tree::Text(_) | Tree::Null | Tree::Bool(_) | Tree::Int(_) | Tree::Float(_) | Tree::FromEnv(_) => {}
    }
}

/// Whether charts call a field like this when a secret itself stands in it, and not the name of one.
fn holds_a_secret(key: &str) -> bool {
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let ends = [
        "password",
        "passwd",
        "passphrase",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "clientsecret",
        "signingkey",
    ];
    ends.iter().any(|end| key.ends_with(end)) && !key.starts_with("existing")
}
