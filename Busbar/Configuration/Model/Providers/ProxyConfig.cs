namespace Busbar.Configuration.Model.Providers;

/// <summary>A proxy that leads out of a company's network: connections go through it by <c>CONNECT</c>.</summary>
/// <param name="Host">Its name or address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Authorization">Value of <c>Proxy-Authorization</c>; null for none.</param>
/// <param name="Source">Where it was named: <c>proxy</c>, or a variable.</param>
internal sealed record ProxyConfig(string Host, int Port, Secret? Authorization, string Source)
{
    /// <summary>Its address, free of credentials.</summary>
    public string Address => Host.Contains(':') ? $"http://[{Host}]:{Port}" : $"http://{Host}:{Port}";
}
