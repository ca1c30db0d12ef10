using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Busbar.Commands.Remote;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Gateway.Server;
using Busbar.Governance.Store;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Commands.Doctor;

/// <summary><c>busbar doctor</c>: looks at everything that a start needs and that no file says, and tells what to do.</summary>
internal static class DoctorCommand
{
    private const int AtOnce = 8;

    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(14);

    /// <summary>Looks, and prints a line for each finding.</summary>
    /// <returns>0 when nothing is bad, 1 when something is, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TimeProvider time, TextWriter output, TextWriter error)
    {
        AdminArguments? parsed = AdminArguments.Parse(arguments.AsSpan(1), [], [], out string problem);
        if (parsed is { WantsHelp: true })
        {
            output.Write(HelpText.Text);
            return 0;
        }

        if (parsed is not { Words.Count: 0 })
        {
            error.WriteLine($"busbar doctor: {(problem.Length > 0 ? problem : "takes no arguments")}; see busbar --help");
            return 2;
        }

        ConfigSources sources = ConfigSources.Choose(parsed.Last("--config"), null, null, environment);
        ConfigResult result = ConfigLoader.Load(sources, environment);
        List<Finding> findings = [.. result.Problems.Select(Of)];
        if (result.Config is { } config)
        {
            findings.Add(new Finding(Grade.Good, "configuration",
                $"{sources.ConfigFile} can be served: {config.Providers.Count} providers, {config.Models.Count} models, {config.Pools.Count} pools"));
            findings.AddRange(Local(config, time));
            findings.AddRange(await ProvidersAsync(config, time).ConfigureAwait(false));
        }

        Print(findings, parsed.Has("--json"), output);
        return findings.Exists(finding => finding.Grade == Grade.Bad) ? 1 : 0;
    }

    // The line without its "[error] ", which the grade says.
    private static Finding Of(ConfigProblem problem)
    {
        string line = problem.ToString();
        return new Finding(problem.Severity == ProblemSeverity.Error ? Grade.Bad : Grade.Doubtful, "configuration", line[(line.IndexOf(']') + 2)..]);
    }

    private static IEnumerable<Finding> Local(GatewayConfig config, TimeProvider time)
    {
        if (config.Governance is { Enabled: true, Store: StoreKind.Sqlite })
        {
            yield return SqliteStore.Refusal(config.Governance.DbPath) is { } refusal
                ? new Finding(Grade.Bad, "governance.db_path", refusal)
                : new Finding(Grade.Good, "governance.db_path", $"{config.Governance.DbPath} can be opened");
        }

        if (config.Tls is { } tls)
        {
            yield return Certificate(tls, time);
        }

        long limit = Descriptors.Raise();
        long wanted = Descriptors.ReservedForFiles + (2 * config.Models.Values.Sum(model => (long)model.MaxConcurrent));
        yield return limit >= Math.Min(wanted, 65_536)
            ? new Finding(Grade.Good, "descriptors", $"{limit} may be open")
            : new Finding(
                Grade.Doubtful, "descriptors",
            $"{limit} may be open, which is room for {Descriptors.MaxConnections(limit)} clients; all models at max_concurrent take {wanted}. " +
                "Raise LimitNOFILE= of the unit, or ulimit -n");
    }

    private static Finding Certificate(TlsConfig tls, TimeProvider time)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(tls.CertFile, tls.KeyFile);
            DateTime end = certificate.NotAfter.ToUniversalTime();
            TimeSpan left = end - time.GetUtcNow().UtcDateTime;
            string says = $"{tls.CertFile} {(left > TimeSpan.Zero ? "is valid until" : "ended on")} {end:yyyy-MM-dd}";
            return left <= TimeSpan.Zero ? new Finding(Grade.Bad, "tls", $"{says}: clients refuse it. Renew it, then reload")
                : left < CertificateWarning ? new Finding(Grade.Doubtful, "tls", $"{says}: renew it, then reload")
                : new Finding(Grade.Good, "tls", says);
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return new Finding(Grade.Bad, "tls", $"the certificate cannot be loaded: {problem.Message}");
        }
    }

    private static async Task<IEnumerable<Finding>> ProvidersAsync(GatewayConfig config, TimeProvider time)
    {
        ProviderCheck[] checks = [.. config.Providers.Values.Select(provider => new ProviderCheck(provider, time))];
        var found = new IReadOnlyList<Finding>[checks.Length];
        await Parallel.ForAsync(0, checks.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) => found[index] =
            await checks[index].RunAsync().ConfigureAwait(false)).ConfigureAwait(false);
        return found.SelectMany(findings => findings).Append(Clock([.. checks.Select(check => check.Ahead).OfType<TimeSpan>().Order()]));
    }

    // The middle one, so that no single provider's clock decides.
    private static Finding Clock(TimeSpan[] ahead)
    {
        if (ahead.Length == 0)
        {
            return new Finding(Grade.Good, "clock", "nobody told the time to compare with");
        }

        TimeSpan off = ahead[ahead.Length / 2];
        return off.Duration() <= MaxClockSkew
            ? new Finding(Grade.Good, "clock", "it agrees with the providers'")
            : new Finding(
                Grade.Bad, "clock",
            $"it is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "behind" : "ahead of")} the providers': certificates and signatures " +
                "of AWS fail. Let NTP set it (timedatectl set-ntp true)");
    }

    private static void Print(List<Finding> findings, bool asJson, TextWriter output)
    {
        if (!asJson)
        {
            foreach (Finding finding in findings)
            {
                output.WriteLine($"{finding.Word,-4}  {TextTable.Clean(finding.Subject)}: {TextTable.Clean(finding.Says)}");
            }

            return;
        }

        using var buffer = new PooledBuffer(4096);
        var json = new JsonWriter(buffer);
        json.StartArray();
        foreach (Finding finding in findings)
        {
            json.StartObject();
            json.String("grade"u8, finding.Word);
            json.String("subject"u8, finding.Subject);
            json.String("says"u8, finding.Says);
            json.EndObject();
        }

        json.EndArray();
        output.WriteLine(Encoding.UTF8.GetString(buffer.Span));
    }
}
