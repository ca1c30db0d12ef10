using System.Net;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>
/// Finds the proxy that leads to an address: the block's own <c>proxy</c>, else the variables that most programs read. Variables do not lead to this
/// machine or to hosts of a private network; a block's own proxy does.
/// </summary>
internal static class ProxyBinder
{
    private const string Form = "write it as http://user:password@host:port, or none";

    /// <summary>Reads the proxy of <paramref name="block"/>; null for none.</summary>
    /// <param name="block">The block that may have a <c>proxy</c>.</param>
    /// <param name="address">Where calls go; null when that is not known.</param>
    /// <param name="isPrivate">Whether that may be in a private network.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="environment">The variables.</param>
    public static ProxyConfig? Bind(Section block, string? address, bool isPrivate, ConfigReport report, IEnvironment environment)
    {
        string path = block.At("proxy");
        report.Conceal(path);
        if (block.Filled("proxy") is { } own)
        {
            return own.Equals("none", StringComparison.OrdinalIgnoreCase) ? null : Read(own, "proxy", path, report);
        }

        return isPrivate || block.Has("proxy") || !Uri.TryCreate(address, UriKind.Absolute, out Uri? target) ? null
            : FromVariables(target, report, path, environment);
    }

    /// <summary>The proxy that the variables name for <paramref name="target"/>; null for none.</summary>
    /// <param name="target">Where calls go.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="path">The key that stands for it.</param>
    /// <param name="environment">The variables.</param>
    public static ProxyConfig? FromVariables(Uri target, ConfigReport report, string path, IEnvironment environment)
    {
        if (IsHere(target.IdnHost))
        {
            return null;
        }

        string? Variable(string name) => environment.Get(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : environment.Get(name);
        string source = target.Scheme == Uri.UriSchemeHttp ? "HTTP_PROXY" : "HTTPS_PROXY";
        if (string.IsNullOrWhiteSpace(Variable(source)))
        {
            source = "ALL_PROXY";
        }

        return Variable(source)?.Trim() is { Length: > 0 } text && !ProxyExceptions.Cover(Variable("NO_PROXY"), target.IdnHost, target.Port)
            ? Read(text, source, path, report) : null;
    }

    private static ProxyConfig? Read(string text, string source, string path, ConfigReport report)
    {
        string what = source == "proxy" ? "the proxy" : $"the proxy in the variable {source}";
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(whole, UriKind.Absolute, out Uri? address) || address.Host.Length == 0 || address.PathAndQuery != "/"
            || address.Fragment.Length > 0)
        {
            report.Error(path, $"{what} is not the address of one", Form);
            return null;
        }

        if (address.Scheme != Uri.UriSchemeHttp)
        {
            report.Error(path, $"{what} begins with {address.Scheme}://, and only proxies that are called over http:// are supported", Form);
            return null;
        }

        Secret? authorization = address.UserInfo.Length == 0
            ? null
            : new Secret("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        return new ProxyConfig(address.IdnHost, address.Port, authorization, source);
    }

    private static bool IsHere(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out IPAddress? literal) && IPAddress.IsLoopback(literal));
}
