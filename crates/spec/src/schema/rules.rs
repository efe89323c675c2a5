//! What the types alone do not say: what excludes each other, what needs each other, limits, defaults.

use serde_json::{Value, json};

use super::tidy::{alone, any_of};

/// Keys of a definition of which exactly one, or at least one, is said.
struct Choice {
    definition: &'static str,
    keys: &'static [&'static str],
    exclusive: bool,
    required: bool,
    message: &'static str,
}

/// The reader says the same in `check`, at more length.
const CHOICES: [Choice; 6] = [
    Choice {
        definition: "Workload",
        keys: &["image", "build", "existing"],
        exclusive: true,
        required: true,
        message: "say one of `image`, which renders it, `build`, which renders it from an image of our own, and `existing`, which describes what somebody else renders",
    },
    Choice {
        definition: "Policy",
        keys: &["allow", "spec"],
        exclusive: true,
        required: true,
        message: "say either `allow`, or `spec` with a whole policy",
    },
    Choice {
        definition: "Allow",
        keys: &["from", "fromNamespaces", "fromCidrs"],
        exclusive: true,
        required: true,
        message: "say one of `from`, `fromNamespaces`, `fromCidrs`",
    },
    Choice {
        definition: "Claim",
        keys: &["from", "fromNamespaces", "fromCidrs"],
        exclusive: true,
        required: false,
        message: "say one of `from`, `fromNamespaces`, `fromCidrs`",
    },
    Choice {
        definition: "Claim",
        keys: &["is", "onlyFrom", "onlyVia"],
        exclusive: false,
        required: true,
        message: "say what the client sees (`is`), or who alone may call (`onlyFrom`, `onlyVia`)",
    },
    Choice {
        definition: "Istio",
        keys: &["version", "managed", "existing"],
        exclusive: true,
        required: true,
        message: "say one of `version`, which installs it, `managed`, the add-on of AKS, and `existing`, which relies on what is there",
    },
];

/// Ports that no port can be, to the types.
const PORTS: [&str; 3] = [
    "/definitions/PortInFull/properties/port",
    "/definitions/PortInFull/properties/service",
    "/definitions/External/properties/ports/items",
];

/// Lists that say nothing when they are empty, which the reader refuses.
const LISTS: [&str; 10] = [
    "/definitions/Allow/properties/from",
    "/definitions/Allow/properties/fromCidrs",
    "/definitions/Allow/properties/ports",
    "/definitions/Allow/properties/methods",
    "/definitions/Allow/properties/paths",
    "/definitions/Allow/properties/grpc",
    "/definitions/External/properties/hosts",
    "/definitions/External/properties/ports",
    "/definitions/External/properties/allow",
    "/definitions/Expectation/properties/claims",
];

/// The words for namespaces.
const WORDS: &str = "/definitions/Namespaces/anyOf/0";

/// What holds where nothing is said.
fn defaults() -> [(&'static str, Value); 10] {
    [
        ("/definitions/Aks/properties/networkPolicy", json!("calico")),
        ("/definitions/Aks/properties/networkDataplane", json!("azure")),
        ("/definitions/Kind/properties/networkPolicy", json!("calico")),
        ("/definitions/Namespace/properties/existing", json!(false)),
        ("/definitions/Layout/properties/apps", json!("apps")),
        ("/definitions/PortInFull/properties/protocol", json!("TCP")),
        ("/definitions/Workload/properties/replicas", json!(1)),
        ("/definitions/ExistingIstio/properties/namespace", json!("istio-system")),
        ("/definitions/ExistingIstio/properties/trustDomain", json!("cluster.local")),
        ("/definitions/Security/properties/enforce", json!(["NetworkPolicy"])),
    ]
}

/// Adds all of it to a tidied schema.
pub(super) fn add(root: &mut Value) {
    for choice in &CHOICES {
        add_choice(root, choice);
    }
    for port in PORTS {
        set(root, port, "minimum", json!(1));
    }
    for list in LISTS {
        set(root, list, "minItems", json!(1));
    }
    for (field, value) in defaults() {
        set(root, field, "default", value);
    }
    set(root, WORDS, "enumDescriptions", json!(["All that take part in the mesh.", "All of the cluster."]));
}

fn set(root: &mut Value, at: &str, key: &str, value: Value) {
    if let Some(Value::Object(schema)) = root.pointer_mut(at) {
        schema.insert(key.to_owned(), value);
    }
}

fn add_choice(root: &mut Value, choice: &Choice) {
    let Some(Value::Object(schema)) = root.pointer_mut(&format!("/definitions/{}", choice.definition)) else {
        return;
    };
    if choice.required {
        schema.insert("anyOf".to_owned(), any_of(choice.keys, choice.message));
    }
    if choice.exclusive {
        schema.insert("dependencies".to_owned(), alone(choice.keys, choice.message).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::whole;

    #[test]
    fn every_rule_is_about_something_that_is_there() {
        let root = whole();
        assert_eq!(root.pointer(WORDS).unwrap()["enum"], json!(["meshed", "all"]));
        let fields = PORTS.into_iter().chain(LISTS).chain(defaults().map(|(field, _)| field));
        for field in fields {
            assert!(root.pointer(field).is_some(), "{field}");
        }
        for choice in &CHOICES {
            for key in choice.keys {
                let field = format!("/definitions/{}/properties/{key}", choice.definition);
                assert!(root.pointer(&field).is_some(), "{field}");
            }
        }
    }
}
