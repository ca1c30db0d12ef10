namespace Busbar.Tests.Scenarios.Faults;

/// <summary>How providers are called.</summary>
public enum FaultWire
{
    /// <summary>HTTP/1.1 with TLS, as most are.</summary>
    Https,

    /// <summary>HTTP/1.1 in the clear.</summary>
    Http,

    /// <summary>HTTP/2 with TLS.</summary>
    Http2,
}
