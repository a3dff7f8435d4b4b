package io.polymq.amqp.model;

import io.polymq.core.router.Matches;
import io.polymq.core.router.SubjectTrie;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.util.function.Consumer;

/** The binding's key is a pattern of words, {@code *} for one and {@code #} for any number. */
final class TopicMatcher implements Matcher {

    /** A key has at most 255 octets, and so at most 256 words. */
    static final int MAX_WORDS = 256;

    private final SubjectTrie<Bound> trie;

    TopicMatcher(long secret) {
        trie = new SubjectTrie<>(secret, MAX_WORDS);
    }

    static Filter filter(String key) {
        try {
            return Dialect.AMQP.parse(key);
        } catch (InvalidSubjectException e) {
            throw ModelException.precondition("binding key '" + key + "': " + e.reason());
        }
    }

    @Override
    public void add(Bound bound) {
        trie.add(filter(bound.binding().key()), bound);
    }

    @Override
    public void remove(Bound bound) {
        trie.remove(bound);
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        Matches<Bound> matches = new Matches<>();
        trie.match(Subject.ofDotted(key), matches);
        matches.forEach(bound -> found.accept(bound.target()));
    }
}
