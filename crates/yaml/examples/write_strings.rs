//! Reads a JSON list of strings, each as `{"c": class, "s": string}`, from its input, and writes a stream of
//! manifests, the n-th of which holds the n-th string wherever a string can stand.
//!
//! For `ci/yaml_readback.py`, which asks the readers that users have whether it is still the same string.

use std::{collections::BTreeMap, io::Write};

#[derive(serde::Deserialize)]
struct Case {
    s: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    value: &'a str,
    list: [&'a str; 2],
    nested: Nested<'a>,
    /// Nothing when the string is too long for a key.
    keys: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(serde::Serialize)]
struct Metadata {
    name: String,
}

#[derive(serde::Serialize)]
struct Nested<'a> {
    lists: [[[&'a str; 1]; 1]; 2],
    maps: [BTreeMap<&'static str, &'a str>; 2],
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cases: Vec<Case> = serde_json::from_reader(std::io::stdin().lock())?;
    let mut out = std::io::stdout().lock();
    for (i, case) in cases.iter().enumerate() {
        let s = case.s.as_str();
        let keys = BTreeMap::from([(s, s)]);
        let manifest = Manifest {
            api_version: "v1",
            kind: "ConfigMap",
            metadata: Metadata { name: format!("s{i}") },
            value: s,
            list: [s, s],
            nested: Nested {
                lists: [[[s]], [[s]]],
                maps: [BTreeMap::from([("a", s), ("b", s)]), BTreeMap::from([("a", s)])],
            },
            keys: meshgen_yaml::to_string(&keys).is_ok().then_some(keys),
        };
        out.write_all(b"---\n")?;
        meshgen_yaml::to_writer(&mut out, &manifest)?;
    }
    Ok(())
}
