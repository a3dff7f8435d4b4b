package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.filter.Term.Order;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a selector by descent, from what binds least ({@code OR}) to what binds most. Nesting is
 * bounded. One use.
 */
final class SelectorParser {

    private static final int MAX_DEPTH = 64;

    private final Lexer lexer;
    private Token next;
    private int depth;

    SelectorParser(String text) {
        lexer = new Lexer(text);
        next = lexer.next();
    }

    /**
     * @throws FilterException when it is no condition
     */
    Term parse() {
        Term condition = truth(or());
        if (next.kind() != Token.Kind.END) {
            throw unexpected();
        }
        return condition;
    }

    private FilterException unexpected() {
        return new FilterException(
                "'" + next.text() + "' at " + next.at() + " is not expected in a selector");
    }

    private Token take() {
        Token taken = next;
        next = lexer.next();
        return taken;
    }

    private boolean takes(String what) {
        if (!next.is(what)) {
            return false;
        }
        take();
        return true;
    }

    private void expect(String what) {
        if (!takes(what)) {
            throw unexpected();
        }
    }

    /** What can be true or false. */
    private static Term truth(Term term) {
        boolean other =
                switch (term) {
                    case Term.Literal literal ->
                            literal.value() != null && !(literal.value() instanceof Boolean);
                    case Term.Arithmetic arithmetic -> true;
                    case Term.Negative negative -> true;
                    case Term.Field field -> false;
                    case Term.Not not -> false;
                    case Term.And and -> false;
                    case Term.Or or -> false;
                    case Term.Compare compare -> false;
                    case Term.Like like -> false;
                    case Term.In in -> false;
                    case Term.IsNull isNull -> false;
                };
        if (other) {
            throw new FilterException("a selector has a value where it needs a condition");
        }
        return term;
    }

    /** What can be a number. */
    private static Term number(Term term) {
        boolean fits =
                switch (term) {
                    case Term.Literal literal -> literal.value() instanceof Number;
                    case Term.Arithmetic arithmetic -> true;
                    case Term.Negative negative -> true;
                    case Term.Field field -> true;
                    case Term.Not not -> false;
                    case Term.And and -> false;
                    case Term.Or or -> false;
                    case Term.Compare compare -> false;
                    case Term.Like like -> false;
                    case Term.In in -> false;
                    case Term.IsNull isNull -> false;
                };
        if (!fits) {
            throw new FilterException("a selector calculates with what is no number");
        }
        return term;
    }

    private Term or() {
        if (++depth > MAX_DEPTH) {
            throw new FilterException("a selector is nested too deeply");
        }
        Term left = and();
        while (takes("OR")) {
            left = new Term.Or(truth(left), truth(and()));
        }
        depth--;
        return left;
    }

    private Term and() {
        Term left = not();
        while (takes("AND")) {
            left = new Term.And(truth(left), truth(not()));
        }
        return left;
    }

    private Term not() {
        boolean negated = false;
        boolean any = false;
        while (takes("NOT")) {
            negated = !negated;
            any = true;
        }
        Term term = comparison();
        if (!any) {
            return term;
        }
        // twice negated is no value but a condition all the same
        return negated ? new Term.Not(truth(term)) : new Term.Not(new Term.Not(truth(term)));
    }

    private Term comparison() {
        Term left = sum();
        while (true) {
            Order order = order();
            if (order != null) {
                take();
                left = new Term.Compare(left, order, sum());
            } else if (takes("IS")) {
                boolean negated = takes("NOT");
                expect("NULL");
                left = negatedIf(negated, new Term.IsNull(left));
            } else if (next.is("NOT")) {
                take();
                left = negatedIf(true, condition(left));
            } else if (next.is("BETWEEN") || next.is("LIKE") || next.is("IN")) {
                left = condition(left);
            } else {
                return left;
            }
        }
    }

    private static Term negatedIf(boolean negated, Term term) {
        return negated ? new Term.Not(term) : term;
    }

    private @Nullable Order order() {
        if (next.kind() != Token.Kind.SIGN) {
            return null;
        }
        return switch (next.text()) {
            case "=" -> Order.EQUAL;
            case "<>" -> Order.NOT_EQUAL;
            case "<" -> Order.LESS;
            case "<=" -> Order.LESS_OR_EQUAL;
            case ">" -> Order.GREATER;
            case ">=" -> Order.GREATER_OR_EQUAL;
            default -> null;
        };
    }

    private Term condition(Term left) {
        if (takes("BETWEEN")) {
            Term low = sum();
            expect("AND");
            return new Term.And(
                    new Term.Compare(left, Order.GREATER_OR_EQUAL, low),
                    new Term.Compare(left, Order.LESS_OR_EQUAL, sum()));
        }
        if (takes("LIKE")) {
            String pattern = text();
            int escape = -1;
            if (takes("ESCAPE")) {
                String written = text();
                if (written.length() != 1) {
                    throw new FilterException("an escape is one character");
                }
                escape = written.charAt(0);
            }
            return new Term.Like(left, new LikePattern(pattern, escape));
        }
        expect("IN");
        return new Term.In(left, list());
    }

    private String text() {
        if (next.kind() == Token.Kind.LITERAL && next.value() instanceof String text) {
            take();
            return text;
        }
        throw unexpected();
    }

    private Set<Object> list() {
        expect("(");
        Set<Object> values = new HashSet<>();
        do {
            boolean negative = takes("-");
            Object value = next.value();
            if (next.kind() != Token.Kind.LITERAL || value == null) {
                throw unexpected();
            }
            take();
            Object signed =
                    switch (value) {
                        case Long number when negative -> -number;
                        case Double number when negative -> -number;
                        default -> value;
                    };
            if (negative && signed == value) {
                throw unexpected();
            }
            values.add(Values.key(signed));
        } while (takes(","));
        expect(")");
        return values;
    }

    private Term sum() {
        Term left = product();
        while (next.is("+") || next.is("-")) {
            char operation = take().text().charAt(0);
            left = new Term.Arithmetic(number(left), operation, number(product()));
        }
        return left;
    }

    private Term product() {
        Term left = signed();
        while (next.is("*") || next.is("/") || next.is("%")) {
            char operation = take().text().charAt(0);
            left = new Term.Arithmetic(number(left), operation, number(signed()));
        }
        return left;
    }

    private Term signed() {
        int minus = 0;
        boolean any = false;
        while (next.is("-") || next.is("+")) {
            minus += take().is("-") ? 1 : 0;
            any = true;
        }
        Term term = primary();
        if (!any) {
            return term;
        }
        return (minus & 1) == 0 ? number(term) : new Term.Negative(number(term));
    }

    private Term primary() {
        return switch (next.kind()) {
            case LITERAL -> new Term.Literal(take().value());
            case IDENTIFIER -> new Term.Field(MessageFields.named(take().text()));
            case KEYWORD, SIGN, END -> {
                if (takes("TRUE")) {
                    yield new Term.Literal(true);
                }
                if (takes("FALSE")) {
                    yield new Term.Literal(false);
                }
                expect("(");
                Term inner = or();
                expect(")");
                yield inner;
            }
        };
    }
}
