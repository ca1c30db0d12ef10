using System.Net.Sockets;
using System.Security.Authentication;
using Busbar.Configuration.Model.Store;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>What a failure of PostgreSQL, or of the way to it, means to the operator: reason and remedy in one line.</summary>
internal static class PostgresFault
{
    /// <summary>Whether <paramref name="problem"/> comes from the database or the way to it, rather than being a defect of the program.</summary>
    public static bool IsFault(Exception problem) =>
        problem is NpgsqlException or SocketException or IOException or TimeoutException or AuthenticationException or InvalidDataException;

    /// <summary>Whether to wait may help: the server is away, or about to come up.</summary>
    public static bool MayPass(Exception problem) => problem switch
    {
        PostgresException fault => fault.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ReadOnlySqlTransaction,
        _ => !IsCertificate(problem) && problem is NpgsqlException or SocketException or IOException or TimeoutException,
    };

    /// <summary>Says of the database at <paramref name="config"/> what is wrong and what helps.</summary>
    public static StoreException Explain(PostgresConfig config, Exception problem) =>
        new($"the database {config.Address} {Reason(config, problem)}", problem) { IsUnreachable = MayPass(problem) };

    private static string Reason(PostgresConfig config, Exception problem) => problem switch
    {
        PostgresException fault => fault.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"refuses the user '{config.Address?.User}' or the password; correct the address in the variable {config.UrlEnv}, which " +
                    "governance.postgres.url_env names",
            PostgresErrorCodes.InvalidCatalogName
                => $"does not exist; create it, or correct the address in the variable {config.UrlEnv}, which governance.postgres.url_env names",
            PostgresErrorCodes.InsufficientPrivilege =>
                $"does not let the user '{config.Address?.User}' do what is needed ({fault.MessageText}); see 'The role' in docs/fleet.md",
            PostgresErrorCodes.ReadOnlySqlTransaction =>
                $"takes no writes; name the primary server in the variable {config.UrlEnv}, which governance.postgres.url_env names",
            PostgresErrorCodes.DiskFull => "cannot grow: its disk is full; free some space there",
            PostgresErrorCodes.CannotConnectNow => "is starting up or shutting down",
            PostgresErrorCodes.TooManyConnections => "has no connection left; raise max_connections there, or put a pooler before it",
            _ => $"refused: {fault.MessageText} (SQLSTATE {fault.SqlState})",
        },
        InvalidDataException => problem.Message,
        _ when IsCertificate(problem)
            => $"has no certificate that is accepted; correct sslmode and sslrootcert of the address in the variable {config.UrlEnv}, which " +
            "governance.postgres.url_env names",
        NpgsqlException { InnerException: SocketException or TimeoutException or IOException } or SocketException or IOException
            or TimeoutException =>
            $"cannot be reached ({(problem.InnerException ?? problem).Message.TrimEnd('.')}); see that it runs, and that the address in the " +
                $"variable {config.UrlEnv}, which governance.postgres.url_env names, leads there",
        _ => $"cannot be used ({problem.Message.TrimEnd('.')}); correct the address in the variable {config.UrlEnv}, which " +
            "governance.postgres.url_env names",
    };

    private static bool IsCertificate(Exception problem) => problem is AuthenticationException || problem.InnerException is AuthenticationException;
}
