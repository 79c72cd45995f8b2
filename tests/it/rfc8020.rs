//! RFC 8020: NXDOMAIN says that there is nothing below either.

use crate::served::{ask, example};

#[test]
fn names_above_data_exist() {
    let catalog = example("a.b.c.d TXT deep");
    for name in ["b.c.d", "c.d", "d"] {
        let reply = ask(&catalog, &format!("{name}.example. TXT"));
        assert_eq!((reply.rcode(), reply.answer.len(), reply.authority.len()), (0, 0, 1), "{name}");
    }
    for name in ["x.a.b.c.d", "x.b.c.d", "x.d", "x"] {
        assert_eq!(ask(&catalog, &format!("{name}.example. TXT")).rcode(), 3, "{name}");
    }
}

#[test]
fn names_above_a_delegation_exist() {
    let catalog = example("sub.ent NS ns.other.");
    assert_eq!(ask(&catalog, "ent.example. TXT").rcode(), 0);
    assert_eq!(ask(&catalog, "x.ent.example. TXT").rcode(), 3);
}
