package io.polymq.amqp.model;

import io.polymq.core.router.SubjectTrie;

/** A binding with the destination that it leads to. Immutable but for its place in a trie. */
final class Bound extends SubjectTrie.Entry {

    private final Binding binding;
    private final Destination target;

    Bound(Binding binding, Destination target) {
        this.binding = binding;
        this.target = target;
    }

    Binding binding() {
        return binding;
    }

    Destination target() {
        return target;
    }
}
