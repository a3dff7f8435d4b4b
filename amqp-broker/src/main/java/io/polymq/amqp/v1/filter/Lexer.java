package io.polymq.amqp.v1.filter;

import java.util.Locale;
import java.util.Set;

/** Splits a selector into words. One use. */
final class Lexer {

    private static final Set<String> KEYWORDS =
            Set.of(
                    "NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS",
                    "ESCAPE");

    private final String text;
    private int at;

    Lexer(String text) {
        this.text = text;
    }

    /**
     * @throws FilterException when none begins here
     */
    Token next() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            return new Token(Token.Kind.END, "the end", null, at);
        }
        char first = text.charAt(at);
        if (Character.isJavaIdentifierStart(first)) {
            return word();
        }
        if (isDigit(at) || first == '.' && isDigit(at + 1)) {
            return number();
        }
        return switch (first) {
            case '\'' -> {
                int start = at;
                yield new Token(Token.Kind.LITERAL, "a text", quoted('\''), start);
            }
            case '"' -> {
                int start = at;
                yield new Token(Token.Kind.IDENTIFIER, quoted('"'), null, start);
            }
            default -> sign();
        };
    }

    private boolean isDigit(int index) {
        return index < text.length() && text.charAt(index) >= '0' && text.charAt(index) <= '9';
    }

    /** A dot within an identifier is a part of it, as with other brokers. */
    private Token word() {
        int start = at;
        while (at < text.length()
                && (Character.isJavaIdentifierPart(text.charAt(at))
                        || text.charAt(at) == '.'
                                && at + 1 < text.length()
                                && Character.isJavaIdentifierPart(text.charAt(at + 1)))) {
            at++;
        }
        String word = text.substring(start, at);
        String upper = word.toUpperCase(Locale.ROOT);
        return KEYWORDS.contains(upper)
                ? new Token(Token.Kind.KEYWORD, upper, null, start)
                : new Token(Token.Kind.IDENTIFIER, word, null, start);
    }

    /** The quote itself is written twice. */
    private String quoted(char quote) {
        StringBuilder out = new StringBuilder();
        int start = at++;
        while (at < text.length()) {
            char next = text.charAt(at++);
            if (next != quote) {
                out.append(next);
            } else if (at < text.length() && text.charAt(at) == quote) {
                out.append(quote);
                at++;
            } else {
                return out.toString();
            }
        }
        throw new FilterException("a text that begins at " + start + " has no end");
    }

    private Token number() {
        int start = at;
        if (text.startsWith("0x", at) || text.startsWith("0X", at)) {
            at += 2;
            int digits = at;
            while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
                at++;
            }
            return exact(text.substring(digits, at), 16, start);
        }
        digits();
        boolean exact = true;
        if (at < text.length() && text.charAt(at) == '.') {
            exact = false;
            at++;
            digits();
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            exact = false;
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            if (!isDigit(at)) {
                throw wrong(start);
            }
            digits();
        }
        String written = text.substring(start, at);
        char suffix = at < text.length() ? Character.toLowerCase(text.charAt(at)) : ' ';
        if (suffix == 'd' || suffix == 'f') {
            at++;
            exact = false;
        }
        if (!exact) {
            ended(start);
            return new Token(Token.Kind.LITERAL, "a number", Double.valueOf(written), start);
        }
        boolean octal = written.length() > 1 && written.startsWith("0");
        return exact(written, octal ? 8 : 10, start);
    }

    private Token exact(String digits, int radix, int start) {
        if (at < text.length() && Character.toLowerCase(text.charAt(at)) == 'l') {
            at++;
        }
        ended(start);
        try {
            long value =
                    radix == 10 ? Long.parseLong(digits) : Long.parseUnsignedLong(digits, radix);
            return new Token(Token.Kind.LITERAL, "a number", value, start);
        } catch (NumberFormatException notOne) {
            throw wrong(start);
        }
    }

    private void digits() {
        while (isDigit(at)) {
            at++;
        }
    }

    private void ended(int start) {
        if (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
            throw wrong(start);
        }
    }

    private static FilterException wrong(int start) {
        return new FilterException("no number at " + start);
    }

    private Token sign() {
        int start = at;
        for (String two : new String[] {"<>", "<=", ">=", "!="}) {
            if (text.startsWith(two, at)) {
                at += 2;
                return new Token(Token.Kind.SIGN, two.equals("!=") ? "<>" : two, null, start);
            }
        }
        char one = text.charAt(at++);
        if ("=<>+-*/%(),".indexOf(one) < 0) {
            throw new FilterException("a '" + one + "' at " + start + " is not understood");
        }
        return new Token(Token.Kind.SIGN, String.valueOf(one), null, start);
    }
}
