package io.polymq.amqp.v1.filter;

import org.jspecify.annotations.Nullable;

/**
 * A word of a selector.
 *
 * @param text a keyword in upper case, an identifier or a sign as written
 * @param value of a literal
 * @param at where it begins
 */
record Token(Kind kind, String text, @Nullable Object value, int at) {

    enum Kind {
        KEYWORD,
        IDENTIFIER,
        LITERAL,
        SIGN,
        END
    }

    boolean is(String what) {
        return (kind == Kind.KEYWORD || kind == Kind.SIGN) && text.equals(what);
    }
}
