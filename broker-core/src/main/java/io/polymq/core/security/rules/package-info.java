/**
 * Access rules: what they say, whom they mean, and how a question is answered from them. Immutable
 * values and caches, shared; where rules are kept is {@link
 * io.polymq.core.security.rules.RuleStore}.
 *
 * <p>Denying beats allowing, whatever the order. Not here: who a client is.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.security.rules;
