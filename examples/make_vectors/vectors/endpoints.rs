//! Endpoints that a mapping of `msp.example` can't have.

use super::raw::*;

pub(crate) fn cases() -> Vec<Case> {
    let mut one_bad = mapping(naptr(10, "mimi://msp.example/u/7d1k9"));
    one_bad.parameters.insert(3, (ENDPOINT, uri(10, 1, "https://other.example/")));
    let one_bad =
        one_bad.case(&msp(), "one-endpoint-of-two-outside-issuer", "rejected: endpoint-outside-issuer");
    [records(), naptr_forms(), uris(), vec![one_bad]].concat()
}

fn endpoint(value: Vec<u8>, name: &'static str, verdict: &'static str) -> Case {
    mapping(value).case(&msp(), name, verdict)
}

fn records() -> Vec<Case> {
    let good = naptr(10, "mimi://msp.example/u/7d1k9");
    let cname = [&5u16.to_be_bytes()[..], &name("msp.example")].concat();
    vec![
        endpoint(cname, "endpoint-cname", "rejected: endpoint-type"),
        endpoint(vec![], "endpoint-empty", "rejected: endpoint-malformed"),
        endpoint(vec![0, 35, 0, 100], "endpoint-naptr-cut", "rejected: endpoint-malformed"),
        endpoint(
            good[..good.len() - 1].to_vec(),
            "endpoint-without-replacement",
            "rejected: endpoint-malformed",
        ),
        endpoint([&good[..], &[0]].concat(), "endpoint-trailing-octet", "rejected: endpoint-malformed"),
        endpoint(
            [&good[..8], &[255], &good[9..]].concat(),
            "endpoint-string-too-long",
            "rejected: endpoint-malformed",
        ),
        endpoint(uri(10, 1, ""), "endpoint-uri-without-target", "rejected: endpoint-uri"),
    ]
}

fn naptr_forms() -> Vec<Case> {
    let (target, service) = ("!.*!mimi://msp.example/u/7d1k9!", "x-mimi:x-mimi");
    let form = |order, flags: &str, services: &str, regexp: &str, name, verdict| {
        endpoint(naptr_fields(order, 10, flags, services, regexp, &[0]), name, verdict)
    };
    let replacement = naptr_fields(100, 10, "U", service, target, &name("msp.example"));
    vec![
        form(10, "U", service, target, "naptr-order-10", "rejected: endpoint-order"),
        form(100, "u", service, target, "naptr-flag-lower-case", "rejected: endpoint-flags"),
        form(100, "", service, target, "naptr-without-flag", "rejected: endpoint-flags"),
        form(100, "UU", service, target, "naptr-two-flags", "rejected: endpoint-flags"),
        form(100, "S", service, target, "naptr-flag-s", "rejected: endpoint-flags"),
        form(100, "U", "x-mimi", target, "naptr-without-protocol", "rejected: endpoint-service"),
        form(100, "U", "x-mimi:", target, "naptr-empty-protocol", "rejected: endpoint-service"),
        form(100, "U", "x-mimi:sip:xmpp", target, "naptr-two-protocols", "rejected: endpoint-service"),
        form(100, "U", "X-mimi:x-mimi", target, "naptr-service-upper-case", "rejected: endpoint-service"),
        form(100, "U", "E2U+x-mimi", target, "naptr-enumservice", "rejected: endpoint-service"),
        form(100, "U", service, "", "naptr-without-regexp", "rejected: endpoint-regexp"),
        form(100, "U", service, "/.*/mimi:x/", "naptr-other-delimiter", "rejected: endpoint-regexp"),
        form(
            100,
            "U",
            service,
            "!^.*$!mimi://msp.example/u/1!",
            "naptr-anchored",
            "rejected: endpoint-regexp",
        ),
        form(100, "U", service, "!.*!mimi://msp.example/u/1", "naptr-unclosed", "rejected: endpoint-regexp"),
        form(
            100,
            "U",
            service,
            "!.*!mimi://msp.example/u/1!i",
            "naptr-regexp-flag",
            "rejected: endpoint-regexp",
        ),
        form(
            100,
            "U",
            service,
            "!.*!mimi://msp.example/!1!",
            "naptr-four-delimiters",
            "rejected: endpoint-regexp",
        ),
        form(
            100,
            "U",
            service,
            "!.*!mimi://msp.example/\\1!",
            "naptr-back-reference",
            "rejected: endpoint-uri",
        ),
        form(100, "U", service, "!.*!!", "naptr-empty-uri", "rejected: endpoint-uri"),
        endpoint(replacement, "naptr-replacement", "rejected: endpoint-replacement"),
    ]
}

fn uris() -> Vec<Case> {
    let with = |target: &str, name, verdict| endpoint(uri(10, 1, target), name, verdict);
    vec![
        with("https://other.example/", "host-outside-issuer", "rejected: endpoint-outside-issuer"),
        with("https://evilmsp.example/", "host-ends-like-issuer", "rejected: endpoint-outside-issuer"),
        with("https://example/", "host-above-issuer", "rejected: endpoint-outside-issuer"),
        with("https://msp.example.other/", "host-begins-like-issuer", "rejected: endpoint-outside-issuer"),
        with("sip:x@other.example", "sip-outside-issuer", "rejected: endpoint-outside-issuer"),
        with("xmpp:x@other.example/msp.example", "xmpp-outside-issuer", "rejected: endpoint-outside-issuer"),
        with("https://msp.example@other.example/", "userinfo", "rejected: endpoint-no-host"),
        with("https://other.example@msp.example/", "userinfo-that-is-a-host", "rejected: endpoint-no-host"),
        with("https:///path", "host-empty", "rejected: endpoint-no-host"),
        with("https:msp.example", "no-slashes", "rejected: endpoint-no-host"),
        with("tel:+442079460148", "uri-without-host", "rejected: endpoint-no-host"),
        with("mailto:jo@msp.example", "mailto", "rejected: endpoint-no-host"),
        with("sip:msp.example", "sip-without-user", "rejected: endpoint-no-host"),
        with("sip:@msp.example", "sip-empty-user", "rejected: endpoint-no-host"),
        with("sip:a@other.example@msp.example", "sip-two-at", "rejected: endpoint-no-host"),
        with("sip:a@msp.example;x=@other.example", "sip-at-in-parameter", "rejected: endpoint-no-host"),
        with("xmpp://other.example/a@msp.example", "xmpp-authority", "rejected: endpoint-no-host"),
        with("xmpp:a/b@msp.example", "xmpp-at-in-resource", "rejected: endpoint-no-host"),
        with("https://MSP.example/", "host-upper-case", "rejected: endpoint-host"),
        with("https://msp%2eexample/", "host-percent", "rejected: endpoint-host"),
        with("https://msp.example./", "host-trailing-dot", "rejected: endpoint-host"),
        with("https://msp..example/", "host-empty-label", "rejected: endpoint-host"),
        with("https://192.0.2.1/", "host-ipv4-literal", "rejected: endpoint-host"),
        with("https://[2001:db8::1]/", "host-ipv6-literal", "rejected: endpoint-host"),
        with("https://msp.example;x/", "host-with-parameter", "rejected: endpoint-host"),
        with("https://msp.example:/", "port-empty", "rejected: endpoint-host"),
        with("https://msp.example:0/", "port-0", "rejected: endpoint-host"),
        with("https://msp.example:65536/", "port-65536", "rejected: endpoint-host"),
        with("https://msp.example:80:80/", "port-twice", "rejected: endpoint-host"),
        with("HTTPS://msp.example/", "scheme-upper-case", "rejected: endpoint-uri"),
        with("//msp.example/", "no-scheme", "rejected: endpoint-uri"),
        with("https://msp.example/a b", "uri-with-space", "rejected: endpoint-uri"),
        with("https://msp.example/\u{e9}", "uri-not-ascii", "rejected: endpoint-uri"),
        with("https://msp.example/%4", "uri-cut-percent", "rejected: endpoint-uri"),
        with("https://msp.example/\u{1b}[2J", "uri-with-control-character", "rejected: endpoint-uri"),
    ]
}
