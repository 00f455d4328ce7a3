package androidx.test.espresso;

public interface ViewAssertion {}
