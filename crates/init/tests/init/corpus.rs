//! Manifests of other projects, where they are at hand: `MESHGEN_CORPUS` names the folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use meshgen::yaml::Sources;
use meshgen_init::spec_from;

use crate::{
    common::{plan, policies},
    world,
};

/// The folders below one that have a file of YAML in them.
#[expect(clippy::disallowed_methods, reason = "a test that reads what is at hand")]
fn folders(root: &Path) -> BTreeMap<PathBuf, Vec<String>> {
    let mut found: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.entry(path.parent().unwrap().to_owned()).or_default().push(text);
            }
        }
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that reads what is at hand")]
fn manifests_of_other_projects_become_specs_that_mean_the_same() {
    let Ok(root) = std::env::var("MESHGEN_CORPUS") else { return };
    let (mut read, mut refused, mut compared, mut allows, mut raws, mut notes) = (0, 0, 0, 0, 0, 0);
    for (folder, texts) in folders(Path::new(&root)) {
        let mut sources = Sources::default();
        for text in &texts {
            sources.add("manifests.yaml", text.clone());
        }
        let Ok(adopted) = spec_from(&sources) else {
            refused += 1;
            continue;
        };
        read += 1;
        let project = plan(&adopted.text);
        let spec = project.spec.as_ref().unwrap();
        raws += spec.escape_hatches().count();
        allows += spec.policies.len() - spec.escape_hatches().count();
        notes += adopted.notes.len();
        // What refuses by default refuses less on purpose, and a note says so.
        let differs = |why: &str| {
            ["refuses less", "one policy for what it protects", "cannot be read", "twice", "refuses its"]
                .iter()
                .any(|w| why.contains(w))
        };
        if adopted.notes.iter().any(|n| differs(&n.why)) {
            continue;
        }
        let objects: Vec<_> = texts.iter().flat_map(|text| world::objects(text)).collect();
        let world = world::World::of(&objects);
        assert_eq!(
            world.open(&objects),
            world.open(&policies(&project)),
            "{}\n{}",
            folder.display(),
            adopted.text
        );
        compared += 1;
    }
    println!(
        "{read} specs, {refused} refused; {compared} compared; {allows} allow, {raws} in full; {notes} notes"
    );
    assert!(read > 0);
}
