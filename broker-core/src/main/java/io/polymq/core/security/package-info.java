/**
 * Users, authentication chains and access rules of every protocol. Shared; remote checks run on
 * virtual threads.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.security;
