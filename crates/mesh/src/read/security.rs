//! PeerAuthentication and `RequestAuthentication`.

use meshgen_yaml::{Node, Problem};

use super::{
    Object, authorization, broken,
    fields::{Fields, Trouble},
};
use crate::{Mode, PeerAuthentication, RequestAuthentication};

/// Source: `istio/api` `security/v1beta1/peer_authentication.proto`.
pub(super) fn peer_authentication(o: &Object<'_>, problems: &mut Vec<Problem>) -> PeerAuthentication {
    let mut read = PeerAuthentication {
        meta: o.meta.clone(),
        selector: crate::Selector::default(),
        mode: None,
        ports: std::collections::BTreeMap::new(),
        broken: None,
    };
    if let Some(spec) = o.node.at(&["spec"])
        && let Err(trouble) = fill(&mut read, spec)
    {
        read.broken = Some(broken(o, &trouble, problems));
    }
    read
}

fn fill(read: &mut PeerAuthentication, spec: &Node) -> Result<(), Trouble> {
    let (selector, understood) = spec.workload_selector(&["selector"]);
    read.selector = selector;
    understood?;
    spec.only(&["selector", "mtls", "portLevelMtls"])?;
    read.mode = mode(spec.at(&["mtls"]))?;
    for entry in spec.at(&["portLevelMtls"]).map_or(&[][..], Node::entries) {
        let port = entry.key.text.parse();
        let port = port.map_err(|_| spec.trouble(format!("`{}` is no port number", entry.key.text)))?;
        read.ports.insert(port, mode(Some(&entry.value))?);
    }
    Ok(())
}

fn mode(node: Option<&Node>) -> Result<Option<Mode>, Trouble> {
    let Some(node) = node else { return Ok(None) };
    node.only(&["mode"])?;
    let Some(word) = node.word(&["mode"]) else { return Ok(None) };
    Mode::parse(word).ok_or_else(|| node.trouble(format!("the mode `{word}` is not known")))
}

/// Source: `istio/api` `security/v1beta1/request_authentication.proto`.
pub(super) fn request_authentication(o: &Object<'_>, problems: &mut Vec<Problem>) -> RequestAuthentication {
    let (scope, understood) = authorization::scope(o.node.at(&["spec"]));
    if let Err(trouble) = understood {
        broken(o, &trouble, problems);
    }
    let rules = o.node.list(&["spec", "jwtRules"]).iter();
    let issuers = rules.filter_map(|r| r.word(&["issuer"]).map(str::to_owned)).collect();
    RequestAuthentication { meta: o.meta.clone(), scope, issuers }
}
