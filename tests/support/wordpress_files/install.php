<?php
/* Installs the test site without wp-cli and prints what the tests need to sign in, as JSON. */
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = getenv( 'SITE_HOST' );
function wp_new_blog_notification() {} // no mail
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install( 'Springfield Police Department', 'chief', 'chief@springfieldpd.example', true, '', getenv( 'SITE_PASSWORD' ) );
update_option( 'blogdescription', 'News and notices' );
update_option( 'timezone_string', 'America/Chicago' );
update_option( 'comment_moderation', '0' );
update_option( 'comment_previously_approved', '0' );
update_option( 'permalink_structure', '/%postname%/' );
switch_theme( 'springfield' );
// The sample post, page, comment and privacy draft would only blur what the tests count.
foreach ( get_posts( array( 'post_type' => 'any', 'post_status' => 'any', 'numberposts' => -1 ) ) as $sample ) {
	wp_delete_post( $sample->ID, true );
}

$signins = array();
foreach ( array( 'chief' => 'administrator', 'records' => 'editor', 'officer' => 'author' ) as $login => $role ) {
	$user_id = username_exists( $login );
	if ( ! $user_id ) {
		$user_id = wp_insert_user(
			array(
				'user_login'   => $login,
				'user_pass'    => wp_generate_password( 24 ),
				'user_email'   => "$login@springfieldpd.example",
				'display_name' => ucfirst( $login ),
				'role'         => $role,
			)
		);
	}
	list( $password )  = WP_Application_Passwords::create_new_application_password( $user_id, array( 'name' => 'archiver' ) );
	$signins[ $login ] = array( 'id' => $user_id, 'application_password' => WP_Application_Passwords::chunk_password( $password ) );
}
echo wp_json_encode( $signins );
