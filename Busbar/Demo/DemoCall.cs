using System.Text;

namespace Busbar.Demo;

/// <summary>One thing to try: a request, and how it is printed.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Body">JSON body; null for none.</param>
/// <param name="Times">How often it is sent.</param>
/// <param name="Streams">Whether the answer is a stream.</param>
/// <param name="Shows">What is shown of each answer, as a shell filter; null for all of it.</param>
/// <param name="ShowsStatus">Only the status of each answer is shown.</param>
internal sealed record DemoCall(
    string Title, string Method, string Path, string? Body = null, int Times = 1, bool Streams = false, string? Shows = null, bool ShowsStatus =
        false)
{
    /// <summary>Value of the <c>Authorization</c> header.</summary>
    public const string Authorization = $"Bearer {DemoConfiguration.Token}";

    /// <summary>A line for a POSIX shell that sends the request to <paramref name="origin"/>.</summary>
    public string CommandLine(string origin)
    {
        var line = new StringBuilder(Streams ? "curl -sN " : "curl -s ");
        line.Append(ShowsStatus ? "-o /dev/null -w '%{http_code}\\n' " : Streams ? "" : "-w '\\n' ");
        line.Append(Quoted(origin + Path)).Append(" -H ").Append(Quoted($"authorization: {Authorization}"));
        if (Body is not null)
        {
            line.Append(" -H 'content-type: application/json' -d ").Append(Quoted(Body));
        }

        line.Append(Shows is null ? "" : $" | {Shows}");
        return Times == 1 ? line.ToString() : $"for i in {string.Join(' ', Enumerable.Range(1, Times))}; do {line}; done";
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
